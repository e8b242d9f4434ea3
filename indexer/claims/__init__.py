"""What the leaf of each operation must say: a module per contract, named in `CONTRACTS`."""

from indexer.claims import accounts, activities, methodologies, reductions
from indexer.claims.claim import NOBODY, Claim, ContractClaims, Derivation, Movement

__all__ = ["CONTRACTS", "NOBODY", "Claim", "ContractClaims", "Derivation", "Movement"]

CONTRACTS: tuple[ContractClaims, ...] = (
    accounts.CLAIMS,
    methodologies.CLAIMS,
    activities.CLAIMS,
    reductions.CLAIMS,
)
