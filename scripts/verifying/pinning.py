"""What is pinned, from options and files: each thing once, or twice the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ledger.errors import InvalidInput
from ledger.notes import VerifierKey
from ledger.verifier import Level, NodeView, Trust
from scripts.verifying.node import JsonRpcNode
from scripts.verifying.reading import read_origin, read_trust, read_validators

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The options as they were given."""

    rpc: str | None = None
    log_key: str | None = None
    witness: tuple[str, ...] = ()
    quorum: int | None = None
    validators: Path | None = None
    origin: str | None = None
    deployment: Path | None = None
    trust: Path | None = None
    level: str | None = None

    def node(self) -> NodeView | None:
        """The node to ask, if one was named."""
        return None if self.rpc is None else JsonRpcNode(self.rpc)

    def asked_level(self, trust: Trust) -> Level | None:
        """The level that was named; a node that was named is asked, unless `trust` pins more than an origin: then it
        has to be said which of the two is meant, and nothing that was pinned is passed over in silence.
        """
        if self.level is not None:
            if self.level not in set(Level):
                raise InvalidInput("level", f"be one of {', '.join(Level)}", self.level)
            return Level(self.level)
        if self.rpc is None:
            return None
        if trust.levels:
            raise InvalidInput("rpc", "stand without keys and validators, or with --level", "beside them")
        return Level.NODE

    def pinned(self) -> Trust:
        """What is pinned; `InvalidInput` or `InvalidKey` where nothing is, or where it contradicts itself."""
        trust = None if self.trust is None else read_trust(self.trust)
        log_key = None if self.log_key is None else VerifierKey.parse(self.log_key)
        origins = [
            self.origin,
            None if self.deployment is None else read_origin(self.deployment),
            None if trust is None else trust.origin,
            None if log_key is None else log_key.name,
        ]
        witnesses = tuple(VerifierKey.parse(key) for key in self.witness)
        validators = () if self.validators is None else read_validators(self.validators)
        if trust is None:
            quorum = len(witnesses) if self.quorum is None else self.quorum
            return Trust(
                origin=_one("origin", *origins),
                log_key=log_key,
                witnesses=witnesses,
                quorum=quorum,
                validators=validators,
            )
        return Trust(
            origin=_one("origin", *origins),
            log_key=_either("log key", log_key, trust.log_key),
            witnesses=_either("witnesses", witnesses, trust.witnesses) or (),
            quorum=_either("quorum", self.quorum, trust.quorum) or (len(witnesses) if not trust.witnesses else 0),
            validators=_either("validators", validators, trust.validators) or (),
        )


def _one(what: str, *given: str | None) -> str:
    """What was given, by however many ways."""
    different = sorted({value for value in given if value is not None})
    if not different:
        rule = "be pinned: --origin, --deployment, --trust, or a --log-key, whose name it is"
        raise InvalidInput(what, rule, None)
    if len(different) > 1:
        raise InvalidInput(what, "be the same wherever it is given", different)
    return different[0]


def _either(what: str, option: _Value | None, file: _Value | None) -> _Value | None:
    """Of an option and the trust file the one that says something."""
    if option and file and option != file:
        raise InvalidInput(what, "be in the trust file or an option, not two of them", "both")
    return option or file
