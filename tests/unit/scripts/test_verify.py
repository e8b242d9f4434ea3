"""`tanpuhui verify` and `tanpuhui-verify`: what they read, what they are pinned to, what they say and exit with."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF

from ledger.bundle import MAX_BUNDLE_BYTES
from ledger.verifier import Level
from ledger.verifier.wording import RESTS_ON, STEPS
from scripts import cli
from scripts.verifying import node, program, reading
from tests.conftest import ROOT
from tests.fakes import sealed_bundles
from tests.fakes.bundles import BundleWorld, good_bundles
from tests.fakes.sealed_chain import ADDRESSES, keccak

WORLD = BundleWorld()
GOOD = good_bundles(WORLD)
LOG_KEY = str(WORLD.log_key.verifier)
WITNESSES = [str(key.verifier) for key in WORLD.witness_keys]
ORIGIN = WORLD.deployment.origin
PROGRAMS = ["tanpuhui verify", "tanpuhui-verify"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good bundles and pins."""
    for name, bundle in GOOD.items():
        (tmp_path / f"{name}.json").write_bytes(bundle.to_bytes())
    sealed = sealed_bundles.sealed_bundle(WORLD, WORLD.cancel_reductions())
    (tmp_path / "sealed.json").write_bytes(sealed.to_bytes())
    (tmp_path / "trust").write_text(json.dumps(WORLD.trust().to_json()), encoding="utf-8")
    (tmp_path / "validators").write_text("\n".join(one.hex0x for one in ADDRESSES), encoding="utf-8")
    (tmp_path / "deployment").write_text(json.dumps(deployment_document()), encoding="utf-8")
    return tmp_path


def deployment_document() -> dict[str, Any]:
    identity = WORLD.deployment
    names = ("transparency_log", "reduction_ledger", "point_ledger")
    return {
        "format": 1,
        "chain_id": identity.chain_id,
        "genesis_hash": identity.genesis_hash.hex0x,
        "contracts": {name: {"address": getattr(identity, name).hex0x} for name in names},
    }


@pytest.fixture(params=PROGRAMS)
def verify(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Run:
    """Runs either program in the folder."""
    monkeypatch.chdir(folder)

    def run(*arguments: object) -> tuple[int, str, str]:
        given = [str(argument) for argument in arguments]
        if request.param == PROGRAMS[0]:
            code = cli.run(["verify", *given])
        else:
            with pytest.raises(SystemExit) as ended:
                program.main(given)
            assert isinstance(ended.value.code, int)
            code = ended.value.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


class TestVerified:
    def test_for_people_in_two_languages(self, verify: Run) -> None:
        code, out, err = verify("reductions.json", "--trust", "trust")
        assert (code, err) == (0, "")
        for said in (
            "VERIFIED: certificate 1",
            "核验通过:凭证 1",
            "462.5 t CO2e",
            "上海某某有限公司",
            "14 enough pinned",
        ):
            assert said in out
        rests = RESTS_ON[Level.WITNESSED]
        assert rests.english in out
        assert rests.chinese in out
        assert "that the reduction happened" in out
        assert "the person's entry" not in out

    def test_for_programs(self, verify: Run) -> None:
        code, out, _ = verify("points.json", "--trust", "trust", "--json")
        document = json.loads(out)
        assert (code, document["verified"], document["level"]) == (0, True, "witnessed")
        assert document["facts"]["quantity_gco2e"] == "1203"

    @pytest.mark.parametrize(
        ("name", "options", "level"),
        [
            ("reductions.json", ["--log-key", LOG_KEY], "log"),
            ("reductions.json", ["--log-key", LOG_KEY, "--witness", WITNESSES[0]], "witnessed"),
            ("campaign.json", ["--log-key", LOG_KEY, "--witness", WITNESSES[0], "--quorum", 1], "witnessed"),
            ("sealed.json", ["--validators", "validators", "--origin", ORIGIN], "sealed"),
            ("sealed.json", ["--validators", "validators", "--deployment", "deployment"], "sealed"),
            ("sealed.json", ["--trust", "trust", "--validators", "validators"], "sealed"),
            ("reductions.json", ["--trust", "trust", "--origin", ORIGIN, "--deployment", "deployment"], "witnessed"),
            ("reductions.json", ["--trust", "trust", "--level", "log"], "log"),
        ],
    )
    def test_whatever_is_pinned(self, verify: Run, name: str, options: list[object], level: str) -> None:
        code, out, err = verify(name, *options, "--json")
        assert (code, json.loads(out)["level"]) == (0, level), err

    def test_from_standard_input(self, verify: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD["points"].to_bytes())))
        assert verify("-", "--trust", "trust")[0] == 0

    @pytest.mark.parametrize("compress", [True, False])
    def test_out_of_a_pdf(self, verify: Run, compress: bool) -> None:
        Path("certificate.pdf").write_bytes(pdf([GOOD["reductions"].to_bytes()], compress=compress))
        assert verify("certificate.pdf", "--trust", "trust")[0] == 0


class TestRefused:
    def test_with_the_step(self, verify: Run) -> None:
        code, out, _ = verify("unsigned.json", "--trust", "trust")
        assert code == 1
        assert "REFUSED at step 13 log-signature" in out
        assert STEPS["log-signature"].chinese in out
        code, out, _ = verify("unsigned.json", "--trust", "trust", "--json")
        document = json.loads(out)
        assert (code, document["verified"], document["failed"]) == (1, False, {"step": 13, "name": "log-signature"})
        assert "facts" not in out or document["facts"] is None

    def test_nothing_endless_is_read_to_its_end(self, verify: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        class Endless(io.RawIOBase):
            given = 0

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                buffer[:] = b"[" * len(buffer)
                self.given += len(buffer)
                return len(buffer)

        endless = Endless()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
        code, out, _ = verify("-", "--trust", "trust", "--json")
        assert (code, json.loads(out)["failed"]["name"]) == (1, "size")
        assert MAX_BUNDLE_BYTES < endless.given < 2 * MAX_BUNDLE_BYTES

    def test_a_file_of_a_gigabyte(self, verify: Run) -> None:
        with Path("large.json").open("wb") as large:
            large.truncate(1 << 30)
        code, out, _ = verify("large.json", "--trust", "trust", "--json")
        assert (code, json.loads(out)["failed"]["name"]) == (1, "size")

    def test_what_is_attached_to_a_pdf_unfolds_to_no_more(self, verify: Run) -> None:
        Path("bomb.pdf").write_bytes(pdf([b"[" * (64 << 20)], compress=True))
        code, out, _ = verify("bomb.pdf", "--trust", "trust", "--json")
        assert (code, json.loads(out)["failed"]["name"]) == (1, "size")

    def test_text_of_a_bundle_does_not_steer_the_terminal(self, verify: Run) -> None:
        world = BundleWorld()
        cancelled = world.cancel_reductions(fields={"event": "\x1b[2J\x9b2J\u202eRace\r\nVERIFIED"})
        Path("steering.json").write_bytes(world.bundle(cancelled).to_bytes())
        code, out, _ = verify("steering.json", "--trust", "trust")
        assert code == 0
        assert not {"\x1b", "\u202e", "\r"} & set(out)
        assert "\nVERIFIED" not in out
        code, out, _ = verify("steering.json", "--trust", "trust", "--json")
        assert not {"\x1b", "\x9b", "\u202e", "\r"} & set(out)
        assert json.loads(out)["facts"]["fields"]["event"] == "\x1b[2J\x9b2J\u202eRace\r\nVERIFIED"


class TestCouldNotRun:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ([], "origin must be pinned"),
            (["--origin", ORIGIN], "trust must pin a log key, validators or a node"),
            (["--log-key", "x"], "key must be name"),
            (["--log-key", WITNESSES[0]], "origin must be tanpuhui/"),
            (["--log-key", LOG_KEY, "--origin", "tanpuhui/1/" + "0" * 64], "origin must be the same wherever"),
            (
                ["--log-key", LOG_KEY, "--witness", WITNESSES[0], "--witness", WITNESSES[0]],
                "keys must be of different signers",
            ),
            (["--log-key", LOG_KEY, "--witness", WITNESSES[0], "--quorum", 2], "quorum must be from 1 to 1"),
            (["--trust", "trust", "--witness", WITNESSES[0]], "witnesses must be in the trust file or an option"),
            (["--trust", "trust", "--quorum", 1], "quorum must be in the trust file or an option"),
            (["--trust", "nothing"], "trust must be a file that can be read"),
            (["--trust", "validators"], "JSON document must be JSON"),
            (["--trust", "deployment"], "trust must be an object"),
            (["--deployment", "trust"], "deployment must be a deployment file"),
            (["--deployment", "."], "deployment must be a file that can be read"),
            (["--origin", ORIGIN, "--validators", "trust"], "validators must be 0x and 40"),
            (["--trust", "trust", "--level", "best"], "level must be one of node, log, witnessed, sealed"),
            (["--trust", "trust", "--level", "sealed"], "level must be one that is pinned"),
            (["--trust", "trust", "--rpc", "ftp://node"], "rpc must be an address such as"),
            (["--origin", ORIGIN, "--rpc", "http://node", "--log-key", LOG_KEY], "rpc must stand without keys"),
            (["--trust", "trust", "--rpc", "http://node"], "rpc must stand without keys"),
        ],
    )
    def test_for_want_of_pins(self, verify: Run, options: list[object], message: str) -> None:
        code, out, err = verify("reductions.json", *options)
        assert (code, out) == (2, "")
        assert f"无法核验,尚无结论: {message}" in err
        code, out, err = verify("reductions.json", *options, "--json")
        assert (code, err) == (2, "")
        assert json.loads(out)["detail"].startswith(message)

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("nothing.json", "bundle must be a file that can be read (No such file or directory)"),
            (".", "bundle must be a file that can be read (Is a directory)"),
            ("none.pdf", "bundle must be in a PDF with one attachment"),
            ("two.pdf", "bundle must be in a PDF with one attachment"),
            ("large.pdf", "bundle must be in a PDF of at most"),
        ],
    )
    def test_for_want_of_a_bundle(self, verify: Run, name: str, message: str) -> None:
        Path("none.pdf").write_bytes(pdf([]))
        Path("two.pdf").write_bytes(pdf([b"{}", b"{}"]))
        with Path("large.pdf").open("wb") as large:
            large.write(b"%PDF-1.7\n")
            large.truncate(1 << 30)
        code, out, err = verify(name, "--trust", "trust")
        assert (code, out) == (2, "")
        assert message in err

    @pytest.mark.parametrize(
        "piece", [b"<<", b"<</EmbeddedFile>>", b">>stream\n", b"<</EmbeddedFile /Length 1 0 R>>stream\n"]
    )
    def test_no_pdf_takes_long(self, verify: Run, piece: bytes) -> None:
        """A search that began anew at every bracket took minutes."""
        Path("long.pdf").write_bytes(b"%PDF-1.7\n" + piece * ((4 << 20) // len(piece)))
        began = time.process_time()
        assert verify("long.pdf", "--trust", "trust")[0] == 2
        assert time.process_time() - began < 10

    def test_not_every_attachment_is_unfolded(self, verify: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each would take a megabyte, and a PDF has room for tens of thousands."""
        unfolded: list[int] = []

        def unfold(content: bytes) -> bytes:
            unfolded.append(len(content))
            return b""

        monkeypatch.setattr(reading, "_inflated", unfold)
        Path("many.pdf").write_bytes(pdf([bytes(1 << 20)] * 20, compress=True))
        assert verify("many.pdf", "--trust", "trust")[0] == 2
        assert len(unfolded) == 2


def pdf(attached: list[bytes], *, compress: bool = True) -> bytes:
    made = FPDF()
    made.add_page()
    for number, content in enumerate(attached):
        made.embed_file(bytes=content, basename=f"{number}.json", compress=compress)
    return bytes(made.output())


def test_the_selectors_are_those_of_the_log() -> None:
    assert keccak(b"size()")[:4].hex() == node.SIZE_SELECTOR[2:]
    assert keccak(b"rootAt(uint64)")[:4].hex() == node.ROOT_AT_SELECTOR[2:]


def test_each_step_and_level_has_its_words() -> None:
    assert set(RESTS_ON) == set(Level)
    assert len(STEPS) == 19


def test_the_options_of_both_programs_are_the_same() -> None:
    command = cli.whole_program().commands["verify"]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert options - {"--json", "--help"} == {option for option, _, _ in program.OPTIONS}


BASE_ONLY = """
import sys
import time
ALLOWED = {"ledger", "scripts", "rfc8785", "nacl", "cffi", "_cffi_backend", *sys.stdlib_module_names}
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in ALLOWED:
            raise ModuleNotFoundError(f"{name} is not of the base installation", name=name)
sys.meta_path.insert(0, Refusing())
from scripts.verifying.program import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("name", "options", "code", "said"),
    [
        ("reductions.json", ["--trust", "trust"], 0, "VERIFIED"),
        ("points.json", ["--trust", "trust", "--json"], 0, '"verified": true'),
        ("unsigned.json", ["--trust", "trust"], 1, "REFUSED"),
        ("sealed.json", ["--origin", ORIGIN, "--validators", "validators"], 2, "pip install tanpuhui[seals]"),
    ],
)
def test_the_base_installation_is_enough(folder: Path, name: str, options: list[str], code: int, said: str) -> None:
    command = [sys.executable, "-c", BASE_ONLY, name, *options]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert said in done.stdout + done.stderr


def test_reading_gives_one_byte_too_many_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (MAX_BUNDLE_BYTES + 100))
    assert len(reading.read_bundle(str(tmp_path / "large"))) == MAX_BUNDLE_BYTES + 1
