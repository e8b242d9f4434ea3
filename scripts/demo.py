"""The whole way in a minute, on a made sample: from an empty machine to a certificate that is checked by a stranger.

Starts a local chain, deploys, gives every body a key of its own, publishes methodologies, registers a project, lets two
bodies confirm, transfers, cancels, indexes, serves, and fetches its own certificate over HTTP to check it against the
contract. The chain ends with the demo.
"""

from __future__ import annotations

import hashlib
import secrets
import shlex
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson
import urllib3
from rich.text import Text

from api.chain_events import ChainEvents
from api.log_keys import LogKeys
from api.settings import ApiSettings
from chain.artifacts import artifacts
from chain.composer import Composer
from chain.deploy import deploy
from chain.keystores import KeystoreSigner, create_keystore, read_password
from chain.node import AnvilNode
from chain.operations import Operation
from chain.views import ContractViews
from indexer.publisher import DEFAULT_TIMEOUT_SECONDS
from ledger.errors import InvalidInput, NotFound, Refused
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LotId, OperationId
from ledger.key_files import write_signer_key
from ledger.notes import KeyType, SignerKey
from ledger.quantification import Quantification
from ledger.units import civil_day_from_text, format_tonnes
from ledger.vocabulary import (
    ActivityKind,
    CancellationPurpose,
    MethodologyKind,
    ReductionClass,
    Role,
)
from scripts.acting import chain_operations, make_api_keys, node_chain
from scripts.certificates import CheckedCertificate
from scripts.context import new_operation_id
from scripts.demo_points import (
    CHARGING_FORMULA,
    POINTS_ACTIVITY,
    SAMPLE_PERSON,
    PointsOutcome,
    points_listing,
    run_points,
)
from scripts.demo_witnesses import start_witnesses, verify_witnessed
from scripts.importing.service import ImportJob, run_import
from scripts.intake.service import intake_of
from scripts.interrupts import interruptible, until_interrupted
from scripts.keys import private_folder
from scripts.listening import listen
from scripts.names import activity_id, methodology_id
from scripts.operating import OperatingContext
from scripts.operations import event_of
from scripts.output import Facts, Grams, Listing, Output, Result
from scripts.points.home import PointsHome
from scripts.publishing import PublisherThread, open_publisher, quorum_of
from scripts.serving import ApiServer, FollowerThread, WorkerThread
from scripts.settings import (
    DEPLOYER,
    FEED,
    HOME,
    PASSWORD_FILE,
    PUBLIC_URL,
    RPC_URL,
    WITNESSES,
    KeySettings,
    Settings,
    default_keystore,
    default_log_key,
)
from scripts.watching import watching, with_audit_report

BODIES: Final = (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
ACTING: Final = tuple(role for role in BODIES if role is not Role.ADMINISTRATOR)
DEFAULT_PORT: Final = 8000
CHECKPOINT_SECONDS: Final = 5
_LIGHT_SCRYPT_N: Final = 2**12
"""The demo's keys guard nothing: opening them must not take the seconds that a real key file takes."""

PLANT_KILOWATTS: Final = 1_000
HOURS: Final = 1_100
GRAMS_PER_KILOWATT_HOUR: Final = 420
SOLAR_GRAMS: Final = PLANT_KILOWATTS * HOURS * GRAMS_PER_KILOWATT_HOUR
"""1 MW for 1,100 h at 0.42 kg/kWh (沪环气候〔2024〕45号): 462 t."""

CHARGING_GRAMS: Final = 25_000_000
TRANSFERRED_GRAMS: Final = 200_000_000
CANCELLED_GRAMS: Final = 120_500_000

FIRST_DAY: Final = civil_day_from_text("2025-01-01")
LAST_DAY: Final = civil_day_from_text("2025-12-31")
EFFECTIVE_FIRST_DAY: Final = civil_day_from_text("2024-06-01")
FAR_DAY: Final = civil_day_from_text("2099-12-31")

EVENT: Final = "示范马拉松(虚构) Sample marathon 2026 (made up)"
MADE: Final = {"made": "a sample, not real"}


def run_demo(output: Output, *, home: Path | None, port: int | None, stay: bool) -> None:
    """Runs the demo; with `stay` it serves until Ctrl-C. Whatever it started is ended.

    Raises `Interrupted` where it is ended before all is done.
    """
    left = "its chain and its folder are gone" if home is None else f"its chain is gone, {home} stays as it was left"
    again = "`tanpuhui demo` may be started again" + ("" if home is None else " with a new folder")
    with interruptible(f"{left}, and nothing else was touched; {again}"):
        with ExitStack() as stack:
            _tell_and_serve(output, stack, home=home, port=port, stay=stay)
        if stay:
            output.note(f"ended: {left}; {again}")


def _tell_and_serve(output: Output, stack: ExitStack, *, home: Path | None, port: int | None, stay: bool) -> None:
    served = serve_demo(output, stack, home=home, port=port)
    context, demo, url = served.context, served.demo, served.url
    output.show(demo.check(url, served.log_keys))
    if stay:
        environment = _write_environment(context.settings, url, demo.witnesses)
        with until_interrupted():
            output.note(f"serving {url} until Ctrl-C")
            output.note(f"In another terminal `. {environment}` lets every command work on it:")
            output.note(f"  tanpuhui index status\n{_sample_cancellation(demo)}")
            _print_logins(context, url)
            _print_token(context, served.points, url)
            served.following.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDemo:
    """A demo whose story is told, and that is served until its stack ends."""

    demo: Demo
    node: AnvilNode
    context: OperatingContext
    points: PointsHome
    following: FollowerThread
    log_keys: LogKeys
    url: str


def serve_demo(output: Output, stack: ExitStack, *, home: Path | None, port: int | None) -> ServedDemo:
    """Tells the story and serves it."""
    folder = _home(home, stack)
    node = stack.enter_context(AnvilNode())
    context = stack.enter_context(OperatingContext(_settings(folder, node.url), output))
    listening = stack.enter_context(listen("127.0.0.1", DEFAULT_PORT if port is None else port, or_any=port is None))
    demo = Demo(context)
    demo.before_serving()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = with_audit_report(ApiSettings(database_url=context.settings.database_url, public_url=url), context)
    context.bring_up()
    demo.say("索引", "chain indexed into SQL", context.settings.database_url)
    following = stack.enter_context(FollowerThread(context.follower, context.database, context.output.warn))
    points = stack.enter_context(PointsHome(context.settings))
    stack.enter_context(WorkerThread(points.worker(context.database)))
    log_keys = demo.publish_checkpoints(stack)
    operations = chain_operations(context, ACTING)
    stack.callback(operations.close)
    server = ApiServer(
        settings,
        listening,
        database=context.database,
        operations=operations,
        chain=node_chain(context),
        intake=stack.enter_context(intake_of(context)),
        following=following.failing,
        point_accounts=points.accounts(),
        log_keys=log_keys,
        events=ChainEvents(context.rpc, context.deployment),
        watch=stack.enter_context(watching(context)),
    )
    stack.enter_context(server)
    demo.say("服务", "API served", url)
    return ServedDemo(
        demo=demo, node=node, context=context, points=points, following=following, log_keys=log_keys, url=url
    )


def _write_environment(settings: Settings, url: str, witnesses: str) -> Path:
    """A file of settings for other shells: this ledger, its API and witnesses, its bodies' keys and their passwords."""
    values = {HOME: settings.home, RPC_URL: settings.rpc_url, PUBLIC_URL: url, WITNESSES: witnesses}
    values |= {PASSWORD_FILE + name: key.password_file for name, key in settings.keys.items()}
    path = settings.home / "demo.env"
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in values.items()))
    return path


def _print_logins(context: OperatingContext, url: str) -> None:
    """Where people act, and a key for each body: made for this demo, printed here and kept nowhere."""
    output = context.output
    output.note(
        f"业务办理 Console: {url}/console — log in as any of these made bodies, propose as one, confirm as another:"
    )
    for made in make_api_keys(context, ACTING, "demo"):
        output.note(f"  {made.role.chinese} {made.role.label}: {made.secret}")


def _print_token(context: OperatingContext, points: PointsHome, url: str) -> None:
    """Where a citizen looks, and the lookup token of one who has earned, given and cancelled points."""
    token = points.persons.issue_token(SAMPLE_PERSON)
    context.output.note(f"我的积分 My points: {url}/points — as the made person {SAMPLE_PERSON}, with the lookup token")
    context.output.note(f"  {token.hex()}")


def _sample_cancellation(demo: Demo) -> str:
    """A command that works on the demo's ledger."""
    assert demo.solar_lot is not None  # noqa: S101 - it has issued
    return (
        "  tanpuhui cancel --account ref:demo-marathon --quantity 1 --purpose event-neutrality "
        f"--field event=mine --lot {demo.solar_lot.hex0x}"
    )


@dataclass(slots=True)
class Demo:
    """One run. `steps` is what was done, for the summary."""

    context: OperatingContext
    started: float = field(default_factory=time.monotonic)
    steps: list[tuple[str, str, str]] = field(default_factory=list)
    solar_lot: LotId | None = None
    refusal: Refused | None = None
    certificate_number: int = 0
    points: PointsOutcome | None = None
    witnesses: str = ""

    def before_serving(self) -> None:
        """Everything up to the cancellation and the refusal, in the order of the story."""
        self.deploy()
        self.open_accounts()
        self.publish()
        self.register()
        self.solar_lot = self.issue("SAMPLE-PV-0001", SOLAR_GRAMS, {"formula": _FORMULA, **_INPUTS})
        charging_lot = self.issue("SAMPLE-EV-0001", CHARGING_GRAMS, {"formula": "stated by the sample"})
        self.transfer(self.solar_lot)
        self.cancel(self.solar_lot)
        self.refused(charging_lot)
        self.points = run_points(self)

    def say(self, chinese: str, english: str, detail: str = "") -> None:
        """One line of progress, on standard error."""
        seconds = time.monotonic() - self.started
        line = Text(f"{seconds:5.1f} s  ", style="dim").append(f"{chinese} ", style="bold").append(english)
        self.context.output.err.print(line.append(f"  {detail}", style="cyan"), soft_wrap=True)
        self.steps.append((chinese, english, detail))

    def deploy(self) -> None:
        """The contracts, with a key for every body."""
        settings = self.context.settings
        self.context.output.note("compiling the contracts; only the first time takes long")
        artifacts()
        self.say("编译", "contracts compiled")
        holders = {role: opened(settings.key(role)).address for role in BODIES}
        deploy(self.context.rpc, opened(settings.key(DEPLOYER)), holders, settings.deployment)
        self.say("部署", "local chain up, contracts deployed and wired, a key for every body", settings.rpc_url)

    def open_accounts(self) -> None:
        """Three accounts, from a file of the made sample."""
        home = self.context.settings.home
        job = ImportJob(
            file=sample("accounts.csv"), mapping=sample("accounts.toml"), refused=home / "accounts.refused.csv"
        )
        with self.context.output.progress() as progress:
            outcome = run_import(self.context, job, progress)
        self.say("开户", "accounts opened by import", f"{outcome.tally.applied} rows of {job.file.name}, a made sample")

    def publish(self) -> None:
        """One methodology of each class."""
        self._publish("SAMPLE-PV", MethodologyKind.PROJECT, ReductionClass.I, "methodology-pv.txt")
        self._publish(
            "SAMPLE-EV", MethodologyKind.SCENARIO, ReductionClass.II, "methodology-charging.txt", CHARGING_FORMULA
        )

    def _publish(
        self,
        code: str,
        kind: MethodologyKind,
        reduction_class: ReductionClass,
        document: str,
        quantification: Quantification | None = None,
    ) -> None:
        self.perform(
            Role.REGULATOR,
            lambda composer, identifier: composer.publish_methodology(
                operation_id=identifier,
                code=code,
                version=1,
                kind=kind,
                reduction_class=reduction_class,
                effective_first_day=EFFECTIVE_FIRST_DAY,
                effective_last_day=FAR_DAY,
                document_hash=_hash_of(document),
                quantification=quantification,
                fields=MADE,
            ),
        )
        self.say("方法学发布", "methodology published", f"{code}@1, {reduction_class.chinese}")

    def register(self) -> None:
        """A project of class Ⅰ and a scenario of class Ⅱ."""
        self._register("SAMPLE-PV-0001", ActivityKind.PROJECT, "SAMPLE-PV@1", "ref:demo-solar-roof", "meter 0001")
        self._register("SAMPLE-EV-0001", ActivityKind.REDUCTION_SCENARIO, "SAMPLE-EV@1", "ref:demo-charging", None)
        feed_signer = opened(self.context.settings.key(FEED)).address
        self._register(
            *(POINTS_ACTIVITY, ActivityKind.REDUCTION_SCENARIO, "SAMPLE-EV@1", "ref:demo-charging", None),
            feed_signer=feed_signer,
        )

    def _register(
        self,
        code: str,
        kind: ActivityKind,
        methodology: str,
        operator: str,
        facility: str | None,
        *,
        feed_signer: Address = ZERO_ADDRESS,
    ) -> None:
        names = self.context.names
        self.perform(
            Role.REGULATOR,
            lambda composer, identifier: composer.register_activity(
                operation_id=identifier,
                code=code,
                kind=kind,
                methodology_id=methodology_id(methodology),
                operator_account=names.account(operator),
                feed_signer=feed_signer,
                crediting_first_day=FIRST_DAY,
                crediting_last_day=civil_day_from_text("2034-12-31"),
                facility_id=names.facility(facility) if facility else Hash32(bytes(32)),
                pledge_hash=_hash_of("pledge.txt") if facility else Hash32(bytes(32)),
                cap_grams=10 * SOLAR_GRAMS,
                fields=MADE,
            ),
        )
        self.say("登记", "activity registered", f"{code}, {kind.chinese}")

    def issue(self, code: str, grams: int, evaluation: dict[str, str]) -> LotId:
        """The technical centre proposes, the regulator confirms."""
        proposal = self.perform(
            Role.TECHNICAL_CENTRE,
            lambda composer, identifier: composer.propose_issuance(
                operation_id=identifier,
                activity_id=activity_id(code),
                first_day=FIRST_DAY,
                last_day=LAST_DAY,
                grams=grams,
                fields={**MADE, **evaluation},
            ),
        )
        self.say("评估", "issuance proposed by the technical centre", f"{code}, {format_tonnes(grams)} t for 2025")
        confirmed = self.perform(
            Role.REGULATOR,
            lambda composer, identifier: composer.confirm_issuance(
                operation_id=identifier, proposal_id=OperationId(proposal["operation_id"]), fields=MADE
            ),
        )
        self.say("确认", "issuance confirmed by the regulator", f"lot 0x{confirmed['lot_id'].hex()[:8]}…")
        return LotId(confirmed["lot_id"])

    def transfer(self, lot_id: LotId) -> None:
        """From the project's owner to the organiser of an event."""
        giver, receiver = self._account("ref:demo-solar-roof"), self._account("ref:demo-marathon")
        self.perform(
            Role.PLATFORM,
            lambda composer, identifier: composer.transfer(
                operation_id=identifier,
                from_account=giver,
                to_account=receiver,
                lot_id=lot_id,
                grams=TRANSFERRED_GRAMS,
                fields=MADE,
            ),
        )
        self.say("划转", "transferred to the organiser", f"{format_tonnes(TRANSFERRED_GRAMS)} t")

    def cancel(self, lot_id: LotId) -> None:
        """For the large event."""
        cancelled = self.perform(
            Role.PLATFORM,
            lambda composer, identifier: composer.cancel(
                operation_id=identifier,
                account=self._account("ref:demo-marathon"),
                lot_id=lot_id,
                grams=CANCELLED_GRAMS,
                purpose=CancellationPurpose.EVENT_NEUTRALITY,
                fields={**MADE, "event": EVENT},
            ),
        )
        self.certificate_number = int(cancelled["certificate_number"])
        self.say("注销", "cancelled for a large event", f"{format_tonnes(CANCELLED_GRAMS)} t, {EVENT}")

    def refused(self, lot_id: LotId) -> None:
        """Class Ⅱ does not serve ETS compliance (M12): the contract says no."""
        try:
            self.perform(
                Role.PLATFORM,
                lambda composer, identifier: composer.cancel(
                    operation_id=identifier,
                    account=self._account("ref:demo-charging"),
                    lot_id=lot_id,
                    grams=CHARGING_GRAMS,
                    purpose=CancellationPurpose.ETS_COMPLIANCE,
                    fields={**MADE, "compliance_year": "2025"},
                ),
            )
        except Refused as error:
            self.refusal = error
            self.say("拒绝", "refused, as it must be:", error.explain())
        else:
            raise NotFound("refusal", "of class II for ETS compliance")

    def perform(self, role: Role, make: Callable[[Composer, OperationId], Operation]) -> dict[str, Any]:
        """Sends one operation and gives what its event says."""
        identifier = new_operation_id()
        status = self.context.submit(role, lambda composer: make(composer, identifier))
        return {"operation_id": identifier, **event_of(self.context, status)}

    def publish_checkpoints(self, stack: ExitStack) -> LogKeys:
        """Makes the log's key and starts three witnesses; publishes the log as it is now, and what it grows by while
        the demo serves.
        """
        context = self.context
        key = SignerKey.generate(context.deployment.origin, KeyType.LOG)
        path = default_log_key(context.settings.home)
        private_folder(path.parent)
        write_signer_key(path, key)
        witnesses = start_witnesses(stack, context.settings.home / "witnesses", key.verifier)
        self.witnesses = " ".join(f"{one.url}={one.key}" for one in witnesses)
        quorum = quorum_of(context.settings, witnesses)
        publisher = open_publisher(context, witnesses, timeout_seconds=DEFAULT_TIMEOUT_SECONDS)
        outcome = publisher.publish()
        assert outcome is not None  # noqa: S101 - the demo has done something
        stack.enter_context(PublisherThread(publisher, quorum=quorum, seconds=CHECKPOINT_SECONDS))
        said = f"size {outcome.checkpoint.size}, {len(outcome.cosigned)} of {len(witnesses)} witnesses cosigned"
        self.say("检查点", "checkpoint of the log signed, cosigned and published", said)
        return LogKeys(log_key=key.verifier, witnesses=tuple(one.key for one in witnesses), quorum=quorum)

    def check(self, url: str, log_keys: LogKeys) -> Result:
        """Fetches the certificate as anyone would, checks it against the contract and by its bundle, and sums up."""
        certificate_url = f"{url}/v1/certificates/{self.certificate_number}"
        certificate = _get(certificate_url)
        proof = _get(f"{url}/v1/log/proof/inclusion?leaf_index={certificate['leaf_index']}")
        checked = self.context.check_certificate(certificate, proof)
        self.say("验证", "certificate fetched and checked against the contract's root", certificate_url)
        steps = verify_witnessed(_fetch(f"{certificate_url}/bundle"), log_keys)
        said = f"{steps} steps; no server and no node was asked"
        self.say("见证验证", "its bundle verified by the keys of log and witnesses alone", said)
        page = f"{url}/certificates/{self.certificate_number}"
        self.say("凭证网页", "the same for people, with a PDF", page)
        return self._summary(page, certificate_url, checked)

    def _summary(self, page: str, certificate_url: str, checked: CheckedCertificate) -> Result:
        views = ContractViews(self.context.rpc, self.context.deployment)
        rows = []
        for reduction_class in (ReductionClass.I, ReductionClass.II):
            totals = views.totals_of(reduction_class)
            grams = (
                *(totals.issued_grams, totals.bought_back_grams, totals.held_grams),
                *(totals.cancelled_grams, totals.taken_back_grams),
            )
            rows.append([reduction_class, *map(Grams, grams)])
        columns = ["class", "issued_gco2e", "bought_back_gco2e", "held_gco2e", "cancelled_gco2e", "taken_back_gco2e"]
        facts: dict[str, object] = {
            "certificate_number": checked.number,
            "certificate_page": page,
            "certificate_url": certificate_url,
            "certificate_holds": True,
            "leaf_index": checked.leaf_index,
            "log_size": checked.log_size,
            "log_root": checked.log_root,
            "refused": type(self.refusal).__name__,
            "refused_because": self.refusal.explain() if self.refusal else "",
            "seconds": f"{time.monotonic() - self.started:.1f}",
        }
        steps = Listing("", "steps", ["step_zh", "step", "detail"], self.steps)
        sums = Listing("合计 Totals by class (made data 虚构数据)", "totals", columns, rows)
        told = Facts("注销凭证 Certificate", facts)
        points = points_listing(views)
        assert self.points is not None  # noqa: S101 - told before the summary
        done = self.points.facts()
        whole = {**steps.document(), **sums.document(), **told.document(), **points.document(), **done.document()}
        return Result(parts=[sums, points, done, told], whole=whole)

    def _account(self, text: str) -> Address:
        return self.context.names.account(text)


_FORMULA: Final = "kW x h x g/kWh"
_INPUTS: Final = {
    "plant_kilowatts": str(PLANT_KILOWATTS),
    "hours": str(HOURS),
    "grams_per_kilowatt_hour": str(GRAMS_PER_KILOWATT_HOUR),
}


def _home(home: Path | None, stack: ExitStack) -> Path:
    if home is None:
        return Path(stack.enter_context(TemporaryDirectory(prefix="tanpuhui-demo-")))
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise InvalidInput("home", "be a new or empty folder: a demo makes its own chain and keys", str(home))
    private_folder(home)
    return home


def _settings(home: Path, rpc_url: str) -> Settings:
    """Settings of the demo alone, whatever the environment says; makes the keys."""
    keys = {name: _create_key(home, name) for name in (*(role.name for role in BODIES), DEPLOYER, FEED)}
    return Settings(
        rpc_url=rpc_url,
        database_url=f"sqlite:///{home / 'tanpuhui.db'}",
        deployment=home / "deployment.json",
        home=home,
        mappings=sample("sessions.toml").parent,
        keys=keys,
    )


def _create_key(home: Path, name: str) -> KeySettings:
    keystore = default_keystore(home, name)
    private_folder(keystore.parent)
    password_file = keystore.with_suffix(".password")
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(16) + "\n", encoding="utf-8")
    create_keystore(keystore, read_password(password_file), work=_LIGHT_SCRYPT_N)
    return KeySettings(name, keystore=keystore, password_file=password_file)


def opened(key: KeySettings) -> KeystoreSigner:
    """The key of a body of the demo."""
    assert key.keystore is not None  # noqa: S101 - made by `_create_key`
    assert key.password_file is not None  # noqa: S101
    return KeystoreSigner(key.keystore, read_password(key.password_file))


def sample(name: str) -> Path:
    """A file of the made sample."""
    return Path(str(files("scripts").joinpath("sample", name)))


def _hash_of(name: str) -> Hash32:
    return Hash32(hashlib.sha256(sample(name).read_bytes()).digest())


def _get(url: str) -> dict[str, Any]:
    """A JSON document, fetched as a stranger would."""
    document: dict[str, Any] = orjson.loads(_fetch(url))
    return document


def _fetch(url: str) -> bytes:
    response = urllib3.request("GET", url, timeout=10.0, retries=False)
    if response.status != 200:
        raise NotFound("answer", f"at {url} (HTTP status {response.status})")
    return response.data
