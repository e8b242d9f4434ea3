"""Words, and their agreement with contracts/src/types/Types.sol."""

import re
from pathlib import Path

import pytest

from ledger import vocabulary
from ledger.errors import UnknownWord
from ledger.vocabulary import (
    ActivityKind,
    BatchKind,
    CancellationPurpose,
    OperationKind,
    ReductionClass,
    Role,
    Word,
    purpose_allowed,
)

SOURCES = Path(__file__).parents[3] / "contracts" / "src"
TYPES = (SOURCES / "types" / "Types.sol").read_text(encoding="utf-8")
ENUMS = dict(re.findall(r"^enum (\w+) \{([^}]*)\}", TYPES, re.MULTILINE))
WORDS = [member for member in vars(vocabulary).values() if isinstance(member, type) and issubclass(member, Word)]


def in_snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


@pytest.mark.parametrize("name", ENUMS)
def test_enums_are_those_of_the_contracts(name: str) -> None:
    names = [in_snake_case(member) for member in ENUMS[name].replace(",", " ").split()]
    mirrored = getattr(vocabulary, name)
    assert [(member.name, int(member)) for member in mirrored] == [(member, n) for n, member in enumerate(names)]


def test_operation_kinds_are_those_of_the_contracts() -> None:
    constants = re.findall(r"uint16 internal constant (\w+) = (\d+);", TYPES)
    assert [(member.name, int(member)) for member in OperationKind] == [(name, int(n)) for name, n in constants]


def test_roles_are_those_of_the_contracts() -> None:
    text = (SOURCES / "access" / "Roles.sol").read_text(encoding="utf-8")
    constants = [(name, int(n)) for name, n in re.findall(r"uint64 internal constant (\w+) = (\d+);", text)]
    assert [(member.name, int(member)) for member in Role] == [("ADMINISTRATOR", 0), *constants]


@pytest.mark.parametrize("kind", WORDS)
def test_labels_round_trip(kind: type[Word]) -> None:
    for member in kind:
        assert kind.from_number(int(member)) is member
        assert member.chinese
        if member.label in kind.labels():
            assert kind.from_label(member.label) is member
    assert len(set(kind.labels())) == len(kind.labels())


def test_labels() -> None:
    assert ActivityKind.REDUCTION_SCENARIO.label == "reduction-scenario"
    assert [member.label for member in ReductionClass] == ["none", "I", "II"]
    assert OperationKind.REDUCTION_CANCELLED.label == "reduction-cancelled"


@pytest.mark.parametrize("text", ["none", "unknown", "", "project ", "PROJECT", "reduction_scenario"])
def test_unknown_words_name_the_allowed_ones(text: str) -> None:
    with pytest.raises(
        UnknownWord, match=r"^kind must be one of project, reduction-scenario, behaviour-scenario, but is "
    ):
        ActivityKind.from_label(text, "kind")


@pytest.mark.parametrize("number", [4, -1, 255])
def test_unknown_numbers(number: int) -> None:
    with pytest.raises(UnknownWord, match=r"^ActivityKind must be one of the numbers 0, 1, 2, 3, but is "):
        ActivityKind.from_number(number)


def test_purposes_by_class() -> None:
    """M12."""
    purposes = list(CancellationPurpose)
    assert [purpose_allowed(ReductionClass.NONE, purpose) for purpose in purposes] == [False] * 5
    assert [purpose_allowed(ReductionClass.I, purpose) for purpose in purposes] == [False, True, True, True, True]
    assert [purpose_allowed(ReductionClass.II, purpose) for purpose in purposes] == [False, True, True, True, False]


def test_what_batches_are_made_of() -> None:
    """Each kind but the snapshot is either an operator's feed or an instruction that spends (05-points §5.2)."""
    of_feed = [kind.label for kind in BatchKind if kind.is_of_feed]
    spending = [kind.label for kind in BatchKind if kind.is_spending]
    assert (of_feed, spending) == (["earn", "behaviour"], ["redeem", "donate", "cancel", "correct"])
