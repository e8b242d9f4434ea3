"""Claims of the provider registry."""

from chain.events import ProviderAdmitted, ProviderClosed, ProviderResumed, ProviderSuspended
from indexer.claims.claim import ContractClaims, about_account
from ledger.vocabulary import OperationKind

CLAIMS = ContractClaims(
    claims={
        ProviderAdmitted: about_account(OperationKind.PROVIDER_ADMITTED),
        ProviderSuspended: about_account(OperationKind.PROVIDER_SUSPENDED),
        ProviderResumed: about_account(OperationKind.PROVIDER_RESUMED),
        ProviderClosed: about_account(OperationKind.PROVIDER_CLOSED),
    },
)
