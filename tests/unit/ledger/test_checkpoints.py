"""Checkpoints: three lines and nothing else (docs/spec/07-log.md §7.3)."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoints import MAX_SIZE, Checkpoint
from ledger.encoding import EMPTY_ROOT
from ledger.errors import InvalidNote
from ledger.ids import Hash32
from ledger.notes import KeyType, Note, SignerKey

ORIGIN = "tanpuhui/31337/" + "ab" * 32
ROOT = base64.b64encode(bytes(range(32))).decode()
LOG = SignerKey(ORIGIN, KeyType.LOG, bytes(32))


@pytest.mark.parametrize("size", [0, 1, 20_852_163, 2**53, MAX_SIZE])
def test_a_checkpoint_round_trips(size: int) -> None:
    checkpoint = Checkpoint(ORIGIN, size, Hash32(bytes(range(32))))
    assert checkpoint.text == f"{ORIGIN}\n{size}\n{ROOT}\n"
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    note = Note.parse(str(Note(checkpoint.text, (LOG.sign(checkpoint.text),))))
    assert Checkpoint.of_note(note) == checkpoint
    assert note.verify([LOG.verifier])


def test_one_that_others_wrote() -> None:
    """The example of C2SP tlog-checkpoint."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert Checkpoint.parse(text).size == 20_852_163
    assert Checkpoint.parse(text).text == text


def test_the_empty_log() -> None:
    assert Checkpoint(ORIGIN, 0, EMPTY_ROOT).text.endswith("\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"{ORIGIN}\n7\n{ROOT}",
        f"{ORIGIN}\n7\n{ROOT}\n\n",
        f"{ORIGIN}\n7\n{ROOT}\nextension\n",
        f"\n7\n{ROOT}\n",
        f"{ORIGIN} \n7\n{ROOT}\n",
        f"two words\n7\n{ROOT}\n",
        f"{'x' * 256}\n7\n{ROOT}\n",
        f"{ORIGIN}\n07\n{ROOT}\n",
        f"{ORIGIN}\n+7\n{ROOT}\n",
        f"{ORIGIN}\n-7\n{ROOT}\n",
        f"{ORIGIN}\n7.0\n{ROOT}\n",
        f"{ORIGIN}\n 7\n{ROOT}\n",
        f"{ORIGIN}\n٧\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
        f"{ORIGIN}\n{MAX_SIZE + 1}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5_000}\n{ROOT}\n",
        f"{ORIGIN}\n7\n{ROOT[:-4]}\n",
        f"{ORIGIN}\n7\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n7\n{ROOT}=\n",
        f"{ORIGIN}\n7\n{ROOT[:-2]}9=\n",
        f"{ORIGIN}\n7\n {ROOT}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(bytes(33)).decode()}\n",
        f"{ORIGIN}\n7\n{ROOT.replace('A', '_')}\n",
        f"{ORIGIN}\n7\né{ROOT}\n",
        f"{ORIGIN}\n7\n\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(InvalidNote, match=r"^checkpoint must "):
        Checkpoint.parse(text)


@given(
    st.text(max_size=80) | st.tuples(*[st.text(max_size=50)] * 3).map(lambda lines: "".join(f"{x}\n" for x in lines))
)
def test_whatever_the_text_is_only_one_error_comes_of_it(text: str) -> None:
    with contextlib.suppress(InvalidNote):
        assert Checkpoint.parse(text).text == text
