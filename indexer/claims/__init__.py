"""What the leaf of each operation must say: a module per contract, named in `CONTRACTS`."""

from indexer.claims import accounts, activities, campaigns, methodologies, points, providers, reductions
from indexer.claims.claim import NOBODY, Claim, ContractClaims, Derivation, Movement

__all__ = ["CONTRACTS", "NOBODY", "Claim", "ContractClaims", "Derivation", "Movement"]

CONTRACTS: tuple[ContractClaims, ...] = (
    accounts.CLAIMS,
    methodologies.CLAIMS,
    activities.CLAIMS,
    reductions.CLAIMS,
    providers.CLAIMS,
    campaigns.CLAIMS,
    points.CLAIMS,
)
