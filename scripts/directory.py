"""What is registered, asked of the contracts themselves."""

from __future__ import annotations

from chain.deployment import Deployment
from chain.rpc import Rpc
from chain.views import ContractViews
from ledger.ids import ActivityId, Address, MethodologyId
from ledger.vocabulary import AccountStatus, ActivityStatus, MethodologyStatus, ReductionClass
from scripts.names import ActivityTerms


class ChainDirectory:
    """`scripts.names.Directory` by questions to the node."""

    def __init__(self, rpc: Rpc, deployment: Deployment) -> None:
        self._views = ContractViews(rpc, deployment)

    def account_exists(self, account: Address) -> bool:
        """Whether the account was ever opened."""
        return self._views.account_of(account).status is not AccountStatus.UNKNOWN

    def methodology_class(self, methodology_id: MethodologyId) -> ReductionClass | None:
        """The class of a published version; None if there is none."""
        found = self._views.methodology_of(methodology_id)
        return None if found.status is MethodologyStatus.UNKNOWN else found.reduction_class

    def activity_terms(self, activity_id: ActivityId) -> ActivityTerms | None:
        """The terms of a registered activity; None if there is none."""
        found = self._views.activity_of(activity_id)
        if found.status is ActivityStatus.UNKNOWN:
            return None
        return ActivityTerms(found.methodology_id, found.reduction_class)
