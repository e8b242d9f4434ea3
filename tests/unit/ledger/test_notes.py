"""Signed notes: keys and notes of others read, ours written, and what must not pass (docs/spec/07-log.md §7.2)."""

import base64
import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidKey, InvalidNote
from ledger.notes import (
    MAX_TIMESTAMP,
    KeyType,
    Note,
    SignatureLine,
    SignerKey,
    VerifierKey,
    check_distinct,
    decode_base64,
    parse_signature_line,
)

# Of golang.org/x/mod/sumdb/note, which others wrote.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOG = SignerKey("log.example/one", KeyType.LOG, bytes(range(32)))
WITNESS = SignerKey("witness.example/one", KeyType.WITNESS, bytes(range(1, 33)))
OTHER = SignerKey("witness.example/two", KeyType.WITNESS, bytes(range(2, 34)))
TEXT = "origin\n7\nroot\n"


def note(*lines: SignatureLine, text: str = TEXT) -> Note:
    return Note.parse(str(Note(text, lines)))


class TestOfOthers:
    def test_a_note_of_go_verifies(self) -> None:
        key = VerifierKey.parse(NEUMANN)
        assert Note.parse(NEUMANN_NOTE).verify([key]) == {key: 0}
        assert str(key) == NEUMANN
        assert str(Note.parse(NEUMANN_NOTE)) == NEUMANN_NOTE

    def test_a_signer_key_of_go_signs_the_same_line(self) -> None:
        signer = SignerKey.parse(NEUMANN_SIGNER)
        assert str(signer.verifier) == NEUMANN
        text = NEUMANN_NOTE.partition("\n\n")[0] + "\n"
        assert str(signer.sign(text)) == NEUMANN_NOTE.splitlines()[-1]
        assert signer.to_secret_text().strip() == NEUMANN_SIGNER

    def test_a_changed_one_does_not(self) -> None:
        changed = NEUMANN_NOTE.replace("your problem,", "her problem,")
        with pytest.raises(InvalidNote, match=r"be signed by PeterNeumann where it says so"):
            Note.parse(changed).verify([VerifierKey.parse(NEUMANN)])


class TestKeys:
    def test_round_trip(self) -> None:
        for signer in (LOG, WITNESS, SignerKey.generate("new", KeyType.LOG)):
            assert SignerKey.parse(signer.to_secret_text()) == signer
            assert VerifierKey.parse(str(signer.verifier)) == signer.verifier

    def test_a_private_key_shows_itself_to_nobody(self) -> None:
        secret = base64.b64encode(LOG.seed).decode()[:-4]
        assert secret not in repr(LOG) + str(LOG)
        assert LOG.seed.hex() not in repr(LOG) + str(LOG)
        with pytest.raises(InvalidKey) as caught:
            SignerKey.parse(LOG.to_secret_text()[:-8])
        assert "something else" in caught.value.explain()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "PeterNeumann",
            NEUMANN[:-1],
            NEUMANN + "\n",
            NEUMANN.replace("c74f20a3", "c74f20a4"),
            NEUMANN.replace("c74f20a3", "C74F20A3"),
            NEUMANN.replace("PeterNeumann", "Peter Neumann"),
            NEUMANN.replace("PeterNeumann", "P" * 256),
            NEUMANN.replace("PeterNeumann", "PeterNeumann+"),
            NEUMANN.replace("PeterNeumann", ""),
            NEUMANN.replace("ARpc", "AhpC"),
            NEUMANN.replace("10TW", "10T="),
            "x+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
            "x+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        ],
    )
    def test_what_is_no_verifier_key(self, text: str) -> None:
        with pytest.raises(InvalidKey):
            VerifierKey.parse(text)

    @pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x85b", "a\x9fb", "a\xa0b", "x" * 256])
    def test_names_that_are_none(self, name: str) -> None:
        with pytest.raises(InvalidKey, match=r"^key name must be 1 to 255 characters"):
            VerifierKey(name, KeyType.LOG, bytes(32))

    def test_a_signer_is_given_once(self) -> None:
        check_distinct([LOG.verifier, WITNESS.verifier])
        for twice in (WITNESS, replace(WITNESS, name="another"), replace(WITNESS, type=KeyType.LOG)):
            with pytest.raises(InvalidKey, match=r"be of different signers, each given once"):
                check_distinct([WITNESS.verifier, twice.verifier])


class TestVerification:
    def test_says_who_signed_and_when(self) -> None:
        signed = note(LOG.sign(TEXT), WITNESS.sign(TEXT, timestamp=17))
        keys = [LOG.verifier, WITNESS.verifier, OTHER.verifier]
        assert signed.verify(keys) == {LOG.verifier: 0, WITNESS.verifier: 17}

    def test_a_key_counts_once_with_its_earliest_time(self) -> None:
        lines = [WITNESS.sign(TEXT, timestamp=time) for time in (9, 5, 7)]
        assert note(*lines).verify([WITNESS.verifier]) == {WITNESS.verifier: 5}

    def test_lines_of_others_say_nothing(self) -> None:
        broken = replace(OTHER.sign(TEXT), signature=bytes(72))
        assert note(broken, WITNESS.sign(TEXT)).verify([WITNESS.verifier]) == {WITNESS.verifier: 0}
        same_name = replace(OTHER, name=WITNESS.name)
        assert note(same_name.sign(TEXT)).verify([WITNESS.verifier]) == {}
        same_key = replace(WITNESS, name=OTHER.name)
        assert note(same_key.sign(TEXT)).verify([WITNESS.verifier]) == {}

    def test_a_broken_line_of_a_given_key_refuses_the_note(self) -> None:
        good = WITNESS.sign(TEXT, timestamp=1)
        for broken in (
            replace(good, signature=good.signature[:-1] + bytes([good.signature[-1] ^ 1])),
            replace(good, signature=bytes(7) + b"\x02" + good.signature[8:]),
            replace(good, signature=good.signature[8:]),
            replace(good, signature=good.signature + b"\x00"),
            WITNESS.sign(TEXT + "x\n"),
        ):
            mended = replace(broken, name=good.name, key_id=good.key_id)
            with pytest.raises(InvalidNote, match=r"^note must"):
                note(mended, good).verify([WITNESS.verifier])
            with pytest.raises(InvalidNote, match=r"^note must"):
                note(good, mended).verify([WITNESS.verifier])

    def test_a_logs_line_is_no_witnesss(self) -> None:
        """The same seed under both types: neither line is of the other key, and neither message is the other's."""
        as_log, as_witness = replace(WITNESS, type=KeyType.LOG), WITNESS
        assert note(as_log.sign(TEXT)).verify([as_witness.verifier]) == {}
        posing = replace(as_log.sign(TEXT), key_id=as_witness.verifier.key_id)
        posing = replace(posing, signature=bytes(8) + posing.signature)
        with pytest.raises(InvalidNote, match=r"be signed by"):
            note(posing).verify([as_witness.verifier])

    def test_the_latest_time(self) -> None:
        assert note(WITNESS.sign(TEXT, timestamp=MAX_TIMESTAMP)).verify([WITNESS.verifier])
        with pytest.raises(InvalidNote, match=r"be signed by"):
            note(WITNESS.sign(TEXT, timestamp=MAX_TIMESTAMP + 1)).verify([WITNESS.verifier])

    def test_a_key_of_small_order_signs_nothing(self) -> None:
        """With such a key one signature would be good for every text."""
        for point in (bytes([1]) + bytes(31), bytes(32), bytes.fromhex("ec" + "ff" * 30 + "7f")):
            key = VerifierKey("small", KeyType.LOG, point)
            line = SignatureLine("small", key.key_id, bytes([1]) + bytes(63))
            with pytest.raises(InvalidNote, match=r"be signed by small"):
                note(line).verify([key])

    def test_a_scalar_is_below_the_order(self) -> None:
        """Otherwise one signature would have a second spelling (RFC 8032 §5.1.7)."""
        order = 2**252 + 27742317777372353535851937790883648493
        line = LOG.sign(TEXT)
        scalar = int.from_bytes(line.signature[32:], "little") + order
        again = replace(line, signature=line.signature[:32] + scalar.to_bytes(32, "little"))
        with pytest.raises(InvalidNote, match=r"be signed by log"):
            note(again).verify([LOG.verifier])


class TestForm:
    GOOD = str(Note(TEXT, (LOG.sign(TEXT),)))
    LINE = str(LOG.sign(TEXT))

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ("", "be text, an empty line, and signature lines"),
            (TEXT, "be text, an empty line, and signature lines"),
            (GOOD[:-1], "be text, an empty line, and signature lines"),
            (GOOD.replace("\n", "\r\n"), "hold no control characters"),
            (GOOD + "\n", "be text, an empty line, and signature lines"),
            (GOOD.replace("origin", "orig\tin"), "hold no control characters"),
            (GOOD.replace("origin", "orig\x85in"), "hold no control characters"),
            (GOOD.replace("origin", "orig\x00in"), "hold no control characters"),
            (f"{TEXT}\n" + f"{LINE}\n" * 65, "have at most 64 signature lines"),
            ("x" * 65_536 + "\n\n" + LINE + "\n", "have at most 65536 bytes"),
            (f"{TEXT}\nsignature\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n{LINE.replace('—', '-')}\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n{LINE.replace(' ', '  ')}\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n{LINE} \n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n— a+b {LINE.split()[2]}\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n— {'n' * 256} {LINE.split()[2]}\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n— name AAAA\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n— name AAAAAA==\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n— name AAAAAAB=\n", "be an em dash, a key name and base64"),
            (f"{TEXT}\n— name AAAAAAA\n", "be an em dash, a key name and base64"),
            (GOOD.encode()[:-2] + b"\xff\n", "be UTF-8"),
            ("\ud800" + GOOD, "be UTF-8"),
        ],
    )
    def test_what_is_no_note(self, data: str | bytes, message: str) -> None:
        with pytest.raises(InvalidNote, match=message):
            Note.parse(data)

    def test_the_last_empty_line_parts_text_and_signatures(self) -> None:
        text = f"one\n\n{self.LINE}\n"
        signed = str(Note(text, (LOG.sign(text),)))
        assert Note.parse(signed).text == text
        assert Note.parse(signed).verify([LOG.verifier])

    def test_64_lines_are_read(self) -> None:
        assert len(Note.parse(f"{TEXT}\n" + f"{self.LINE}\n" * 64).lines) == 64

    def test_a_line_round_trips(self) -> None:
        assert str(parse_signature_line(self.LINE)) == self.LINE


@settings(deadline=None)
@given(st.data())
def test_any_change_of_a_signed_note_is_seen(data: st.DataObject) -> None:
    """Of a note with one line: whatever byte is changed, it is no note, or nobody signed it, or it is refused."""
    good = TestForm.GOOD.encode()
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda one: one != good[place]))
    try:
        signed = Note.parse(good[:place] + bytes([byte]) + good[place + 1 :]).verify([LOG.verifier])
    except InvalidNote:
        return
    assert signed == {}


@given(st.text(max_size=60) | st.binary(max_size=60))
def test_whatever_it_is_it_is_a_note_or_an_invalid_one(data: str | bytes) -> None:
    with contextlib.suppress(InvalidNote):
        assert str(Note.parse(data)).encode() == (data if isinstance(data, bytes) else data.encode())


@pytest.mark.parametrize(
    "text",
    [
        "AA=A",
        "AAAA====",
        "AAAA\n",
        "AA AA",
        "AAAA!",
        "!!!!",
        "AAB=",
        "AAAA-_AA",
        "AAA",
        "AAAA=AAA",
        "=AAAA",
        "\u0661AAA",
    ],
)
def test_base64_has_one_spelling(text: str) -> None:
    assert decode_base64("AAE=") == b"\x00\x01"
    assert decode_base64(text) is None
