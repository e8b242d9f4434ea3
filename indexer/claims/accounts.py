"""Claims of the account registry."""

from chain.events import AccountClosed, AccountFrozen, AccountOpened, AccountUnfrozen
from indexer.claims.claim import ContractClaims, about_account
from ledger import encoding
from ledger.ids import IdentityCommitment
from ledger.vocabulary import Custody, OperationKind


def _account_follows(event: AccountOpened, _chain_id: int, _ledger: bytes) -> bool:
    derived = encoding.custody_address(IdentityCommitment(event.identity_commitment))
    return event.custody is not Custody.PLATFORM or event.account == derived


CLAIMS = ContractClaims(
    claims={
        AccountOpened: about_account(OperationKind.ACCOUNT_OPENED),
        AccountFrozen: about_account(OperationKind.ACCOUNT_FROZEN),
        AccountUnfrozen: about_account(OperationKind.ACCOUNT_UNFROZEN),
        AccountClosed: about_account(OperationKind.ACCOUNT_CLOSED),
    },
    derivations={AccountOpened: _account_follows},
)
