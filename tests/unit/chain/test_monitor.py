"""The monitor against a chain in memory: each way in which a node, a chain or a publisher cheats, and none of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chain.monitor.alarms import AlarmKind
from chain.monitor.errors import MonitorStateUnusable
from chain.monitor.monitor import NOTHING_PUBLISHED, Look, Monitor, Pins
from chain.monitor.sources import SourceSilent
from chain.monitor.tree_files import TreeFiles
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, InvalidKey, NodeUnreachable, RpcFailure
from ledger.ids import Hash32
from ledger.log_tree import root
from ledger.notes import KeyType, Note, SignatureLine, SignerKey
from ledger.split_view import verify_evidence
from tests.fakes.event_chain import EventChain
from tests.fakes.logs import WITNESS_NAME, SigningLog, leaf_hashes

WITNESS = SignerKey(WITNESS_NAME, KeyType.WITNESS, bytes(range(1, 33)))
NAMESAKE = SignerKey(WITNESS_NAME, KeyType.WITNESS, bytes(32))
A, B = "https://a.example", "https://b.example"


@dataclass
class FakeSource:
    """Serves whatever a test says."""

    url: str
    content: bytes | Exception | None = None

    def read(self) -> bytes | None:
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


@dataclass
class World:
    """A chain, a publisher's key, two sources and a folder; `look` is one run of the monitor."""

    folder: Path
    chain: EventChain = field(default_factory=lambda: EventChain(3))
    a: FakeSource = field(default_factory=lambda: FakeSource(A))
    b: FakeSource = field(default_factory=lambda: FakeSource(B))
    now: float | None = None
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], object] = lambda: None

    @property
    def log(self) -> SigningLog:
        return SigningLog(SignerKey(self.chain.deployment.origin, KeyType.LOG, bytes(range(32))))

    @property
    def leaves(self) -> list[bytes]:
        return list(self.chain.head.leaf_hashes)

    def note(self, leaves: Sequence[bytes] | None = None) -> bytes:
        return self.log.note(self.leaves if leaves is None else leaves).encode()

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.on_sleep()

    @contextmanager
    def monitor(self, sources: Sequence[FakeSource] | None = None, **options: Any) -> Iterator[Monitor]:
        with Monitor.opened(
            self.chain,
            self.chain.deployment,
            self.folder,
            sources=[self.a, self.b] if sources is None else sources,
            pins=Pins(log_key=self.log.verifier, witnesses=(WITNESS.verifier,)),
            clock=lambda: self.chain.head.timestamp if self.now is None else self.now,
            sleep=self._sleep,
            **options,
        ) as monitor:
            yield monitor

    def look(self, **options: Any) -> Look:
        with self.monitor(**options) as monitor:
            return monitor.look()

    def alarms(self, **options: Any) -> list[AlarmKind]:
        return [raised.alarm.kind for raised in self.look(**options).alarms]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Some blocks were followed, and both sources serve the whole log."""
    made = World(tmp_path)
    for operations in (3, 0, 5, 1):
        made.chain.mine(operations)
    made.a.content = made.b.content = made.note()
    assert made.alarms() == []
    return made


# Where all is well


def test_an_honest_log_is_followed_and_nothing_is_raised(world: World) -> None:
    found = world.look()
    for operations in (2, 0, 7, 4):
        world.chain.mine(operations)
        world.a.content = world.note()
        found = world.look()
        assert (found.alarms, found.size, found.root) == ((), len(world.leaves), root(world.leaves))
        assert found.block_number == world.chain.head.number
        world.b.content = world.a.content
    assert found.alarms_ever == 0


def test_it_goes_on_where_it_was(world: World) -> None:
    world.chain.mine(4)
    asked = len(world.chain.calls)
    world.chain.tamper.append(_only_from(world.chain.head.number))
    assert world.alarms() == []
    assert len(world.chain.calls) > asked


def _only_from(block_number: int) -> Callable[[str, Sequence[Any], Any], Any]:
    def check(method: str, params: Sequence[Any], result: Any) -> Any:
        assert method != "eth_getLogs" or int(params[0]["fromBlock"], 16) >= block_number
        return result

    return check


def test_witnesses_that_cosigned_are_told(world: World) -> None:
    note = Note.parse(world.note())
    world.a.content = str(Note(note.text, (*note.lines, WITNESS.sign(note.text, timestamp=9)))).encode()
    found = world.look()
    assert [source.cosigned for source in found.sources] == [(WITNESS_NAME,), ()]


def test_a_source_that_is_silent_or_has_nothing_yet_is_told_and_is_no_alarm_at_once(world: World) -> None:
    world.a.content, world.b.content = SourceSilent("it does not answer"), None
    found = world.look()
    assert [source.silent for source in found.sources] == ["it does not answer", NOTHING_PUBLISHED]
    assert found.alarms == ()


def test_a_publisher_whose_node_is_ahead_of_ours_is_waited_for(world: World) -> None:
    """No alarm, where the own node has the block a moment later."""
    ahead = EventChain(3)
    for operations in (3, 0, 5, 1, 6):
        ahead.mine(operations)
    world.a.content = world.log.note(list(ahead.head.leaf_hashes)).encode()
    world.on_sleep = lambda: world.chain.mine(6) if len(world.chain.blocks) < len(ahead.blocks) else None
    assert world.alarms() == []
    assert world.slept


def test_other_blocks_with_the_same_leaves_are_no_alarm(world: World) -> None:
    """Empty blocks were replaced."""
    world.chain.mine()
    assert world.alarms() == []
    world.chain.fork(1)
    world.chain.mine(3)
    world.a.content = world.b.content = world.note()
    found = world.look()
    assert (found.alarms, found.size, world.slept) == ((), len(world.leaves), [])


def test_blocks_replaced_between_two_questions_are_looked_at_again(world: World) -> None:
    """The leaves that were read are not the chain's any more when its root is asked for, or its size."""

    def replace(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            world.chain.tamper.clear()
            world.chain.fork(1)
            world.chain.mine(2)
        return result

    world.chain.mine(4)
    world.chain.tamper.append(replace)
    found = world.look(sources=[])
    assert (found.alarms, found.root) == ((), root(world.leaves))


def test_a_leaf_replaced_behind_the_same_block_hash_is_seen_without_new_leaves(world: World) -> None:
    """Whatever the node says of its blocks: the contract's root at the size that was seen is asked at every look."""
    world.chain.tamper.append(_other_root)
    assert world.alarms(sources=[]) == [AlarmKind.REWRITTEN]


# A node that lies


def _leaf_word(word: int) -> Callable[[str, Sequence[Any], Any], Any]:
    """Another value in the data of the last leaf's event."""

    def change(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and result:
            data = bytearray.fromhex(result[-1]["data"][2:])
            data[32 * word + 31] ^= 1
            result[-1]["data"] = "0x" + data.hex()
        return result

    return change


def _dropped(place: int) -> Callable[[str, Sequence[Any], Any], Any]:
    def change(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and result:
            del result[place]
        return result

    return change


def _doubled(method: str, params: Sequence[Any], result: Any) -> Any:
    return [*result, result[-1]] if method == "eth_getLogs" and result else result


def _unknown(method: str, params: Sequence[Any], result: Any) -> Any:
    if method == "eth_getLogs" and result:
        result[-1]["data"] = result[-1]["data"][:-2]
    return result


def _other_root(method: str, params: Sequence[Any], result: Any) -> Any:
    asks_for_root = method == "eth_call" and len(params[0]["data"]) > 10
    return "0x" + "77" * 32 if asks_for_root else result


NODE_LIES: list[tuple[str, Callable[[str, Sequence[Any], Any], Any], AlarmKind, str]] = [
    *((f"word {word}", _leaf_word(word), AlarmKind.LEAF, "does not hash") for word in (0, 1, 2, 3, 4, 5, 6, 7)),
    ("first missing", _dropped(0), AlarmKind.LEAF, "is due"),
    ("middle missing", _dropped(2), AlarmKind.LEAF, "is due"),
    ("last missing", _dropped(-1), AlarmKind.ROOT, "the contract has"),
    ("doubled", _doubled, AlarmKind.LEAF, "comes twice"),
    ("unreadable", _unknown, AlarmKind.LEAF, "malformed"),
    ("another root", _other_root, AlarmKind.ROOT, "the contract's is"),
]


@pytest.mark.parametrize(("change", "kind", "said"), [row[1:] for row in NODE_LIES], ids=[row[0] for row in NODE_LIES])
def test_a_node_that_lies_about_leaves(
    world: World, change: Callable[[str, Sequence[Any], Any], Any], kind: AlarmKind, said: str
) -> None:
    seen = len(world.leaves)
    world.chain.mine(5)
    world.chain.tamper.append(change)
    found = world.look()
    assert [raised.alarm.kind for raised in found.alarms] == [kind]
    assert said in found.alarms[0].alarm.detail
    assert seen <= found.size < len(world.leaves)
    assert found.root == root(world.leaves[: found.size]), "nothing of the lie is taken into the tree"
    world.chain.tamper.clear()
    assert (world.alarms(), world.look().root) == ([], root(world.leaves))


def test_a_leaf_made_up_with_its_hash_is_held_against_the_contract(world: World) -> None:
    """The event is consistent in itself, but the contract's root is another."""
    other = EventChain(4)
    for operations in (3, 0, 5, 1, 5):
        other.mine(operations)

    def lie(method: str, params: Sequence[Any], result: Any) -> Any:
        logs = [log for log in other.head.logs if log["topics"][0] == result[0]["topics"][0]] if result else []
        return logs if method == "eth_getLogs" and result else result

    world.chain.mine(5)
    world.chain.tamper.append(
        lambda method, params, result: lie(method, params, result) if isinstance(result, list) else result
    )
    assert world.alarms() == [AlarmKind.ROOT]


def test_an_answer_that_holds_no_logs(world: World) -> None:
    world.chain.mine(5)
    world.chain.tamper.append(lambda method, _, result: [None] if method == "eth_getLogs" else result)
    with pytest.raises(RpcFailure, match="a list of logs"):
        world.look()


def test_what_looks_wrong_for_a_moment_is_looked_at_again(world: World) -> None:
    world.chain.mine(5)
    world.chain.tamper.append(_dropped(-1))
    world.on_sleep = world.chain.tamper.clear
    assert world.alarms() == []


# A chain that is rewritten


@pytest.mark.parametrize(("depth", "mined", "first_other"), [(1, [2, 1], 8), (3, [4, 4, 4], 3), (4, [9, 1, 1, 1], 0)])
def test_a_leaf_that_was_seen_and_is_gone(world: World, depth: int, mined: list[int], first_other: int) -> None:
    seen = world.leaves
    world.chain.fork(depth)
    for operations in mined:
        world.chain.mine(operations)
    found = world.look()
    kinds = {raised.alarm.kind for raised in found.alarms}
    assert kinds == {AlarmKind.REWRITTEN}
    alarm = found.alarms[0].alarm
    assert (alarm.facts["leaf_index"], alarm.facts["seen_size"]) == (first_other, len(seen))
    assert (found.size, found.root) == (len(seen), root(seen)), "what was seen stays"
    again = world.look()
    assert [raised.new for raised in again.alarms] == [False]


def test_a_shorter_log_in_new_blocks(world: World) -> None:
    world.chain.fork(1)
    world.chain.mine()
    world.chain.mine()
    found = world.look()
    assert [raised.alarm.kind for raised in found.alarms] == [AlarmKind.REWRITTEN]


def test_a_node_that_is_behind_is_told_and_becomes_an_alarm_if_it_stays(world: World) -> None:
    world.now = 10_000_000_000.0
    world.chain.fork(2)
    found = world.look(sources=[])
    assert (found.alarms, found.behind_blocks) == ((), 2)
    world.now += 86_000
    assert world.alarms(sources=[]) == []
    world.now += 1_000
    assert world.alarms(sources=[]) == [AlarmKind.NODE_BEHIND]


def _without_contracts(method: str, params: Sequence[Any], result: Any) -> Any:
    """What a node answers in the blocks before the first contract."""
    return "0x" if method == "eth_call" and int(params[1], 16) == 0 else result


def test_a_node_that_begins_anew_is_behind(world: World) -> None:
    world.chain.fork(len(world.chain.blocks) - 1)
    world.chain.tamper.append(_without_contracts)
    found = world.look(sources=[], confirmations=1)
    assert (found.alarms, found.size, found.behind_blocks > 0) == ((), 9, True)


def test_a_log_that_is_not_final_yet_is_waited_for(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.chain.tamper.append(_without_contracts)
    for _ in range(3):
        found = world.look(sources=[], confirmations=3)
        assert (found.alarms, found.size, found.behind_blocks) == ((), 0, 0)
        world.chain.mine(2)
    assert world.look(sources=[], confirmations=0).size == 6


def test_a_chain_rewritten_while_a_checkpoint_is_waited_for_is_an_alarm_of_this_look(world: World) -> None:
    """A monitor that looks once has no other look in which to tell of it."""

    def rewrite() -> None:
        world.on_sleep = lambda: None
        world.chain.fork(1)
        world.chain.mine(5)

    world.a.content = world.note(leaf_hashes(70))
    world.on_sleep = rewrite
    assert world.alarms() == [AlarmKind.REWRITTEN, AlarmKind.SIZE]


def test_a_chain_rewritten_below_where_the_node_stands_is_seen_at_once(world: World) -> None:
    world.chain.fork(4)
    world.chain.mine(4)
    assert world.alarms(sources=[]) == [AlarmKind.REWRITTEN]


# A publisher that cheats


def forked(world: World, size: int, forked_from: int = 2) -> list[bytes]:
    return [*world.leaves[:forked_from], *leaf_hashes(size - forked_from, forked_from=0)]


def test_a_checkpoint_with_another_root_convicts_with_the_chain_as_proof(world: World) -> None:
    world.b.content = world.note(forked(world, 6))
    found = world.look()
    assert [raised.alarm.kind for raised in found.alarms] == [AlarmKind.CHECKPOINT, AlarmKind.SPLIT_VIEW]
    assert found.alarms[0].alarm.source == B
    split = found.alarms[1]
    assert split.evidence_file is not None
    proved = verify_evidence(split.evidence_file.read_bytes(), world.log.verifier)
    assert (proved.first_size, proved.second_size) == (6, len(world.leaves))
    assert proved.other_root == root(world.leaves[:6])


@pytest.mark.parametrize("size", [1, 2, 4, 7, 8])
def test_evidence_is_made_at_every_size(world: World, size: int) -> None:
    world.b.content = world.note(forked(world, size, 0))
    split = next(raised for raised in world.look().alarms if raised.alarm.kind is AlarmKind.SPLIT_VIEW)
    assert split.evidence_file is not None
    assert verify_evidence(split.evidence_file.read_bytes(), world.log.verifier).first_size == size


def test_two_sources_with_two_roots_of_one_size(world: World) -> None:
    world.b.content = world.note(forked(world, len(world.leaves)))
    assert world.alarms() == [AlarmKind.CHECKPOINT, AlarmKind.SPLIT_VIEW]


def test_a_size_that_the_chain_has_not_reached(world: World) -> None:
    world.a.content = world.note(forked(world, 40))
    found = world.look()
    assert [raised.alarm.kind for raised in found.alarms] == [AlarmKind.SIZE]
    assert "the final chain has 9 leaves" in found.alarms[0].alarm.detail


def test_two_roots_of_a_size_that_the_chain_has_not_reached_convict_without_it(world: World) -> None:
    world.a.content, world.b.content = world.note(forked(world, 40, 2)), world.note(forked(world, 40, 3))
    assert world.alarms() == [AlarmKind.SIZE, AlarmKind.SIZE, AlarmKind.SPLIT_VIEW]


def test_a_fork_ahead_of_the_chain_convicts_when_the_chain_gets_there(world: World) -> None:
    world.a.content = world.note(forked(world, 12))
    assert world.alarms() == [AlarmKind.SIZE]
    world.chain.mine(6)
    world.a.content = world.note()
    assert world.alarms() == [AlarmKind.SPLIT_VIEW]
    assert world.alarms() == []


def test_a_checkpoint_ahead_of_the_chain_that_turns_out_to_hold_convicts_nobody(world: World) -> None:
    ahead = EventChain(3)
    for operations in (3, 0, 5, 1, 6):
        ahead.mine(operations)
    world.a.content = world.log.note(list(ahead.head.leaf_hashes)).encode()
    assert world.alarms() == [AlarmKind.SIZE]
    world.chain.mine(6)
    assert world.alarms() == []
    assert json.loads((world.folder / "monitor.json").read_bytes())["suspects"] == []


def test_a_source_that_goes_back(world: World) -> None:
    world.a.content = world.note(world.leaves[:5])
    found = world.look()
    assert [raised.alarm.kind for raised in found.alarms] == [AlarmKind.ROLLBACK]
    assert found.alarms[0].alarm.facts == {"size": 5, "size_before": 9}
    world.a.content = world.note()
    assert world.alarms() == []


def test_each_source_is_held_against_itself(world: World) -> None:
    """A mirror that is older than the log's own service is no rollback."""
    world.chain.mine(2)
    world.a.content = world.note()
    assert world.alarms() == []


def _another_key(world: World) -> bytes:
    return SigningLog(SignerKey(world.log.key.name, KeyType.LOG, bytes(32))).note(world.leaves).encode()


def _wrong_cosignature(world: World) -> bytes:
    note = Note.parse(world.note())
    return str(Note(note.text, (*note.lines, WITNESS.sign(note.text + "x", timestamp=9)))).encode()


@pytest.mark.parametrize(
    "make",
    [
        lambda world: b"",
        lambda world: b"<html>",
        lambda world: b"\xff\xfe",
        lambda world: b"x" * 100_000,
        lambda world: world.note() + b"\n",
        _another_key,
        _wrong_cosignature,
        lambda world: SigningLog().note(world.leaves).encode(),
        lambda world: world.log.sign(Checkpoint("other/origin", 9, Hash32(root(world.leaves)))).encode(),
    ],
)
def test_what_is_no_checkpoint_of_the_log(world: World, make: Callable[[World], bytes]) -> None:
    world.a.content = make(world)
    found = world.look()
    assert [(raised.alarm.kind, raised.alarm.source) for raised in found.alarms] == [(AlarmKind.NOTE, A)]


def test_what_differs_is_kept_by_itself_and_junk_fills_no_disk(world: World) -> None:
    """A forgery that follows a broken gateway's page is no old news; of whatever follows sixteen, one file says so."""
    world.a.content = b"<html>"
    page = world.look().alarms[0]
    world.a.content = _another_key(world)
    forgery = world.look().alarms[0]
    assert forgery.new
    assert forgery.file != page.file
    assert world.a.content.decode() in json.loads(forgery.file.read_bytes())["notes"]
    for number in range(40):
        world.a.content = b"junk %d" % number
        assert world.alarms() == [AlarmKind.NOTE]
    assert len(list(page.file.parent.iterdir())) == 17
    world.a.content = b"<html>"
    [again] = world.look().alarms
    assert (again.file, again.new) == (page.file, False)
    world.b.content = b"of another source"
    assert [raised.new for raised in world.look().alarms] == [False, True]


def test_a_checkpoint_that_grows_old_while_the_log_grows(world: World) -> None:
    world.chain.mine(1)
    uncovered = world.chain.head.timestamp
    world.chain.mine(1)
    world.now = uncovered + 3600
    assert world.alarms(stale_seconds=3600) == []
    world.now += 1
    found = world.look(stale_seconds=3600)
    assert [(raised.alarm.kind, raised.alarm.source) for raised in found.alarms] == [
        (AlarmKind.STALE, A),
        (AlarmKind.STALE, B),
    ]
    assert found.alarms[0].alarm.facts == {"size": 9}


def test_a_log_that_does_not_grow_may_be_as_old_as_it_likes(world: World) -> None:
    world.now = 99_999_999_999.0
    assert world.alarms(stale_seconds=1) == []


def test_a_source_that_falls_silent_grows_old_too(world: World) -> None:
    world.chain.mine(1)
    world.a.content, world.now = SourceSilent("it does not answer"), world.chain.head.timestamp + 5_000.0
    assert world.alarms(sources=[world.a], stale_seconds=3600) == [AlarmKind.STALE]


# What is kept


def test_an_alarm_is_a_file_that_says_what_was_found(world: World) -> None:
    world.b.content = world.note(forked(world, 6))
    _, split = world.look().alarms
    document = json.loads(split.file.read_bytes())
    assert (document["type"], document["format"], document["alarm"]) == ("tanpuhui-alarm", 1, "split-view")
    evidence = world.folder / document["evidence"]
    assert verify_evidence(evidence.read_bytes(), world.log.verifier).first_size == 6
    checkpoint = json.loads(next(world.folder.glob("alarms/checkpoint-*.json")).read_bytes())
    assert (checkpoint["source"], checkpoint["notes"]) == (B, [world.b.content.decode()])


def test_the_same_alarm_is_raised_once_and_stays(world: World) -> None:
    world.b.content = world.note(forked(world, 6))
    assert [raised.new for raised in world.look().alarms] == [True, True]
    again = world.look()
    assert [(raised.alarm.kind, raised.new) for raised in again.alarms] == [
        (AlarmKind.CHECKPOINT, False),
        (AlarmKind.SPLIT_VIEW, False),
    ]
    world.b.content = world.note()
    assert (world.look().alarms, world.look().alarms_ever) == ((), 2)


def test_what_a_crash_left_behind_the_state_is_cut_off(world: World) -> None:
    for file in (world.folder / "tree").iterdir():
        with file.open("ab") as opened:
            opened.write(bytes(50))
    world.chain.mine(4)
    found = world.look()
    assert (found.alarms, found.root) == ((), root(world.leaves))


def test_a_crash_between_tree_and_state_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.chain.mine(4)
    with monkeypatch.context() as patch:
        patch.setattr("chain.monitor.state.write_whole", _stop)
        with pytest.raises(KeyboardInterrupt):
            world.look()
    assert (world.alarms(), world.look().root) == ([], root(world.leaves))


@pytest.mark.parametrize("left", [4, 8, 40])
def test_a_level_that_a_crash_began_is_begun_anew(tmp_path: Path, left: int) -> None:
    """What was written is a tree of more levels than the one that the state says."""
    leaves = leaf_hashes(70)
    with closing(TreeFiles(tmp_path, 0)) as tree:
        tree.extend(leaves[:3], [0] * 3)
        tree.extend(leaves[3:left], [0] * (left - 3))
    with closing(TreeFiles(tmp_path, 3)) as tree:
        for leaf in leaves[3:]:
            tree.extend([leaf], [0])
        assert all(tree.root_at(size) == root(leaves[:size]) for size in range(len(leaves) + 1))


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_state_of_another_shape_is_not_used(world: World) -> None:
    path = world.folder / "monitor.json"
    state = json.loads(path.read_bytes())
    changes: list[dict[str, object]] = [{"sources": []}, {"suspects": 3}, {"size": None}, {"format": 2}]
    for change in changes:
        path.write_text(json.dumps(state | change))
        with pytest.raises(MonitorStateUnusable, match=r"monitor\.json is damaged"):
            world.look()
    path.write_text("[]")
    with pytest.raises(MonitorStateUnusable, match=r"monitor\.json is damaged"):
        world.look()


@pytest.mark.parametrize("damage", ["tree/level-00", "tree/times", "monitor.json"])
def test_a_damaged_state_is_not_used(world: World, damage: str) -> None:
    path = world.folder / damage
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(MonitorStateUnusable):
        world.look()


def test_a_changed_node_is_seen(world: World) -> None:
    path = world.folder / "tree" / "level-03"
    path.write_bytes(bytes(32))
    with pytest.raises(MonitorStateUnusable, match="do not have its root"):
        world.look()


def test_a_state_is_one_logs(world: World) -> None:
    other = World(world.folder, chain=EventChain(3))
    other.chain.blocks[0] = type(other.chain.blocks[0])(
        **{name: getattr(other.chain.blocks[0], name) for name in other.chain.blocks[0].__slots__} | {"hash": bytes(32)}
    )
    with pytest.raises(MonitorStateUnusable, match="it is of the log"):
        other.look()


def test_two_monitors_do_not_share_a_state(world: World) -> None:
    with world.monitor(), pytest.raises(MonitorStateUnusable, match="another process"), world.monitor():
        pass


def test_a_node_that_does_not_answer_is_no_alarm(world: World) -> None:
    def silent(*_: object) -> Any:
        raise NodeUnreachable("memory:", "gone")

    world.chain.tamper.append(silent)
    with pytest.raises(NodeUnreachable):
        world.look()


def test_keys_are_checked_before_anything(world: World) -> None:
    chain, folder = world.chain, world.folder / "other"
    source = [world.a]
    with (
        pytest.raises(InvalidInput, match="be given where sources are"),
        Monitor.opened(chain, chain.deployment, folder, sources=source),
    ):
        pass
    wrong = [
        (Pins(log_key=SigningLog().verifier), "have the origin"),
        (Pins(log_key=WITNESS.verifier), "not of a witness"),
        (Pins(log_key=world.log.verifier, witnesses=(world.log.verifier,)), "not of a log"),
        (Pins(log_key=world.log.verifier, witnesses=(WITNESS.verifier, WITNESS.verifier)), "different signers"),
        (Pins(log_key=world.log.verifier, witnesses=(WITNESS.verifier, NAMESAKE.verifier)), "names of their own"),
    ]
    for pins, said in wrong:
        with (
            pytest.raises(InvalidKey, match=said),
            Monitor.opened(chain, chain.deployment, folder, sources=source, pins=pins),
        ):
            pass


def test_ranges_grow_while_there_is_little_and_shrink_to_fit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chain.monitor.following._LEAVES_PER_RANGE", 4)
    for operations in (0, 0, 0, 9, 9, 9, 0, 1, 0, 0, 30, 2):
        world.chain.mine(operations)
    asked: list[int] = []

    def count(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            asked.append(int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1)
        return result

    world.chain.tamper.append(count)
    with world.monitor(sources=[]) as monitor:
        monitor._follower._blocks = 1
        found = monitor.look()
    assert (found.alarms, found.root) == ((), root(world.leaves))
    assert asked == [1, 2, 4, 1, 2, 2]


# A log's key that signs what is meant to harm the monitor


@pytest.mark.parametrize("size", [2**53 - 1, 2**53, 2**63 - 1])
def test_no_size_is_too_large_for_an_alarm(world: World, size: int) -> None:
    """JSON does not hold them all: one that could not be written took every other alarm of the look with it."""
    raised: list[AlarmKind] = []
    for number in (0, 1):
        text = Checkpoint(world.chain.deployment.origin, size, Hash32(bytes([number] * 32))).text
        world.a.content = str(Note(text, (world.log.key.sign(text),))).encode()
        world.b.content = world.note(leaf_hashes(5))
        raised = world.alarms()
        assert {AlarmKind.SIZE, AlarmKind.CHECKPOINT} <= set(raised)
    assert AlarmKind.SPLIT_VIEW in raised


def test_a_false_line_of_a_witness_hides_no_fork(world: World) -> None:
    """What the log signed binds it, whatever else stands under it; and no earlier junk makes it old news."""
    world.a.content = b"<html>gateway down</html>"
    assert world.alarms() == [AlarmKind.NOTE]
    fork = Note.parse(world.note(leaf_hashes(5)))
    false = SignatureLine(WITNESS.name, WITNESS.verifier.key_id, bytes(72))
    world.a.content = str(Note(fork.text, (*fork.lines, false))).encode()
    found = world.look().alarms
    assert [raised.alarm.kind for raised in found] == [AlarmKind.NOTE, AlarmKind.CHECKPOINT, AlarmKind.SPLIT_VIEW]
    assert all(raised.new for raised in found)
