"""What is signed and read of points, against the contracts themselves."""

from dataclasses import replace

from chain.feeds import feed_domain
from chain.functions import Function, decode
from chain.hexes import from_data, to_data
from chain.operations import ContractName
from chain.views import ContractViews
from ledger.batches import NO_ENTRIES, FeedHeader
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, ActivityId, CampaignId, Hash32, MethodologyId
from ledger.vocabulary import BatchKind, CampaignStatus, ProviderStatus, ReductionClass
from tests.integration.deployed import Deployed

HEADER = FeedHeader(
    kind=BatchKind.BEHAVIOUR,
    activity_id=ActivityId(b"\x01" * 32),
    methodology_id=MethodologyId(b"\x02" * 32),
    reduction_class=ReductionClass.II,
    sequence=2**64 - 1,
    first_day=20_600,
    last_day=2**32 - 1,
    root=Hash32(b"\x03" * 32),
    total=2**64 - 2,
    entry_count=2**64 - 3,
    file_hash=Hash32(b"\x04" * 32),
)
TYPE = "(uint8,bytes32,bytes32,uint8,uint64,uint32,uint32,bytes32,uint64,uint64,bytes32)"
HASH_FEED_HEADER = Function(f"hashFeedHeader({TYPE})")
DOMAIN = Function("eip712Domain()")


def asked(deployed: Deployed, calldata: bytes) -> bytes:
    to = deployed.deployment.address(ContractName.POINT_LEDGER).hex0x
    return from_data(deployed.rpc.call("eth_call", [{"to": to, "data": to_data(calldata)}, "latest"]), "eth_call")


def test_the_digest_is_the_contract_s(deployed: Deployed) -> None:
    domain = feed_domain(deployed.deployment)
    for header in (HEADER, replace(HEADER, kind=BatchKind.EARN, total=1), replace(HEADER, root=ZERO_HASH)):
        words = (
            *(int(header.kind), header.activity_id, header.methodology_id, int(header.reduction_class)),
            *(header.sequence, header.first_day, header.last_day),
            *(header.root, header.total, header.entry_count, header.file_hash),
        )
        assert asked(deployed, HASH_FEED_HEADER.encode(words)) == domain.data(header).digest


def test_the_domain_is_the_one_that_the_contract_tells(deployed: Deployed) -> None:
    """ERC-5267: whoever asks the contract signs the same."""
    returned = decode(
        ("bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"),
        asked(deployed, DOMAIN.encode()),
    )
    told = feed_domain(deployed.deployment).data(HEADER).document["domain"]
    assert list(returned[1:5]) == list(told.values())
    assert returned[5:] == (bytes(32), ())
    assert returned[0] == b"\x0f"


def test_what_was_never_written_reads_as_nothing(deployed: Deployed) -> None:
    views = ContractViews(deployed.rpc, deployed.deployment)
    assert views.provider_of(ZERO_ADDRESS).status is ProviderStatus.UNKNOWN
    assert views.campaign_of(CampaignId(ZERO_HASH)).status is CampaignStatus.UNKNOWN
    assert views.batch_of(1).kind is BatchKind.NONE
    assert views.batch_of(1).commitment == NO_ENTRIES
    assert views.batch_count() == views.latest_snapshot(ReductionClass.I) == 0
    assert views.point_totals_of(ReductionClass.II).issued_grams == 0
    assert views.pool_of(ZERO_ADDRESS, ReductionClass.I) == 0
    assert views.campaign_pool_of(CampaignId(ZERO_HASH), ReductionClass.I) == 0
    assert views.behaviour_value_of(HEADER.activity_id) == 0
    assert views.next_sequence(HEADER.activity_id) == 1
    assert not views.is_earned(HEADER.activity_id, 20_600)
