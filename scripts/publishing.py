"""The log's key and what it publishes, from the settings of a command; and publishing beside the API."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from api.log_keys import LogKeys
from indexer.publisher import Outcome, Publisher
from indexer.witness_client import Witness
from ledger.errors import InvalidInput, TanpuhuiError, Unavailable, WrongKeyFile
from ledger.ids import Address
from ledger.key_files import read_signer_key
from ledger.notes import KeyType, SignerKey
from scripts.background import Background
from scripts.context import Context
from scripts.settings import LOG_KEY_FILE, VALIDATORS, WITNESS_QUORUM, Settings, default_log_key

log = logging.getLogger("tanpuhui.checkpoints")


def open_log_key(settings: Settings, origin: str) -> SignerKey:
    """The key that signs the checkpoints of the deployment with this origin; `WrongKeyFile` otherwise."""
    path = settings.log_key_file or default_log_key(settings.home)
    remedy = f"make one with `tanpuhui log key new`, or name it by {LOG_KEY_FILE}"
    if not path.exists():
        raise WrongKeyFile(str(path), "there is no such file", remedy)
    key = read_signer_key(path, KeyType.LOG)
    if key.name != origin:
        reason = f"it is the key of {key.name}, and this deployment is {origin}"
        raise WrongKeyFile(str(path), reason, f"name the right one by {LOG_KEY_FILE}")
    return key


def witnesses_of(settings: Settings, given: Sequence[str] = ()) -> list[Witness]:
    """The witnesses of the command's options, else of the settings."""
    return [Witness.parse(text) for text in given or settings.witnesses]


def quorum_of(settings: Settings, witnesses: Sequence[Witness], given: int | None = None) -> int:
    """How many must cosign: what was said, else more than half; none where there are no witnesses."""
    asked = settings.witness_quorum if given is None else given
    if asked is None:
        return len(witnesses) // 2 + 1 if witnesses else 0
    if not min(1, len(witnesses)) <= asked <= len(witnesses):
        raise InvalidInput(
            WITNESS_QUORUM, f"be from {min(1, len(witnesses))} to {len(witnesses)}, all witnesses", asked
        )
    return asked


def open_publisher(context: Context, witnesses: Sequence[Witness], *, timeout_seconds: float) -> Publisher:
    """What publishes the log of the context's deployment; its maker closes it."""
    deployment = context.deployment
    return Publisher(
        rpc=context.rpc,
        deployment=deployment,
        database=context.database,
        key=open_log_key(context.settings, deployment.origin),
        witnesses=witnesses,
        timeout_seconds=timeout_seconds,
    )


def log_keys_of(settings: Settings, key: SignerKey) -> LogKeys:
    """What this instance says of its keys."""
    witnesses = witnesses_of(settings)
    return LogKeys(
        log_key=key.verifier,
        witnesses=tuple(witness.key for witness in witnesses),
        quorum=quorum_of(settings, witnesses),
        validators=tuple(Address.from_hex(text, VALIDATORS) for text in settings.validators),
    )


def shortfall(outcome: Outcome, quorum: int) -> str | None:
    """What is to be said where too few witnesses cosigned."""
    if len(outcome.cosigned) >= quorum:
        return None
    why = "; ".join(f"{name}: {reason}" for name, reason in outcome.missing.items())
    return (
        f"the checkpoint of size {outcome.checkpoint.size} has {len(outcome.cosigned)} cosignatures of {quorum} that "
        f"are needed{': ' if why else ''}{why}"
    )


class PublisherThread(Background):
    """Publishes every so many seconds what the log has grown by; a context manager.

    What fails is logged once until it goes well again. A contradiction ends it: nothing more is signed, while the API
    goes on serving what was published.
    """

    def __init__(self, publisher: Publisher, *, quorum: int, seconds: float) -> None:
        super().__init__("tanpuhui-checkpoints")
        self._publisher = publisher
        self._quorum = quorum
        self._seconds = seconds
        self._last: str | None = None

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                outcome = self._publisher.publish()
            except (Unavailable, OperationalError) as error:
                self._say(error.explain() if isinstance(error, TanpuhuiError) else "the database does not answer")
            except TanpuhuiError as error:
                log.critical("no checkpoint is published any more: %s", error.explain())
                return
            except Exception:
                log.exception("publishing a checkpoint")
            else:
                if outcome is None or outcome.new:
                    self._say(None if outcome is None else shortfall(outcome, self._quorum))
            self._stop.wait(self._seconds)
        self._publisher.close()

    def _say(self, said: str | None) -> None:
        if said is not None and said != self._last:
            log.warning("checkpoints: %s", said)
        self._last = said
