"""Makes operations: from what somebody asks for to a record and a call, in one place for the command line and the API.

The operations of each contract are a module; `Composer` is all of them. Each method is one operation of
docs/spec/03-encodings.md §3.4. It writes what the operation does into the record together with the caller's own
`fields`, hashes it, and builds the call that carries the hash. Rules are not checked here: the contract decides. What
is checked is what a contract cannot see, the record's required fields.
"""

from chain.composer.accounts import AccountComposer
from chain.composer.activities import ActivityComposer
from chain.composer.base import Fields
from chain.composer.campaigns import CampaignComposer
from chain.composer.methodologies import MethodologyComposer
from chain.composer.points import PointComposer
from chain.composer.providers import ProviderComposer
from chain.composer.reductions import ReductionComposer

__all__ = ["Composer", "Fields"]


class Composer(
    AccountComposer,
    MethodologyComposer,
    ActivityComposer,
    ReductionComposer,
    ProviderComposer,
    CampaignComposer,
    PointComposer,
):
    """Every operation of the ledger."""

    __slots__ = ()
