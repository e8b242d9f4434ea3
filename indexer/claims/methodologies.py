"""Claims of the methodology registry."""

from chain.events import MethodologyPublished, MethodologyWithdrawn
from indexer.claims.claim import ContractClaims, about
from ledger import encoding
from ledger.vocabulary import OperationKind


def _methodology_follows(event: MethodologyPublished, _chain_id: int, _ledger: bytes) -> bool:
    return event.methodology_id == encoding.methodology_id(code=event.code, version=event.version)


CLAIMS = ContractClaims(
    claims={
        MethodologyPublished: about(OperationKind.METHODOLOGY_PUBLISHED, "methodology_id"),
        MethodologyWithdrawn: about(OperationKind.METHODOLOGY_WITHDRAWN, "methodology_id"),
    },
    derivations={MethodologyPublished: _methodology_follows},
)
