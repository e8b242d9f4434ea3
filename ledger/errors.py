# ruff: noqa: N818 - named for what is wrong, as the contracts' errors are
"""Every error that is raised on purpose, as one tree.

::

    TanpuhuiError
    ├── InvalidInput                 a value breaks a rule that needs no ledger to be checked            exit 2
    │   ├── InvalidQuantity          not a whole number of grams in range
    │   ├── InvalidIdentifier        an id, address or hash is malformed
    │   ├── InvalidDay               a civil day is malformed or out of range
    │   ├── UnknownWord              a word is not one of the vocabulary's
    │   ├── OutOfRange               a value does not fit its place in an encoding
    │   ├── InvalidJson              not strict JSON, or not JSON we hash
    │   ├── InvalidTransaction       signed bytes that are no transaction we send on for a holder
    │   ├── InvalidQuantification    no quantification of docs/spec/05-points.md §5.6
    │   ├── InvalidNetwork           no table of arcs between stations
    │   ├── InvalidKey               no key of a log or a witness
    │   ├── InvalidNote              no signed note, or a line of it does not verify
    │   ├── InvalidBundle            no certificate bundle of docs/spec/08-certificates.md
    │   └── InvalidRecord            a record or disclosure breaks a rule of docs/spec/03-encodings.md
    │       └── MissingField         a record lacks a field that its kind requires
    ├── Refused                      a rule of the ledger forbids the operation                          exit 1
    │   ├── UnknownRefusal           a contract refused with an error that is not in `ledger.refusals`
    │   ├── NotQuantified            a measurement makes no grams under its methodology
    │   │   └── (ledger.quantification.refusals)   one class for each rule of docs/spec/05-points.md §5.6
    │   └── (ledger.refusals)        one class for each error of the contracts, of the same name
    ├── OperationConflict            the operation id was used before with other content                 exit 1
    ├── Unavailable                  node, deployment or key file is not usable                          exit 3
    │   ├── NodeUnreachable
    │   │   └── NotANode             something answers there, but not JSON-RPC
    │   ├── WrongChain
    │   │   └── WrongGenesis         another chain that has the same chain id
    │   ├── NotDeployed
    │   ├── DeploymentFileMissing
    │   ├── DeploymentIncomplete
    │   ├── CompilationFailed
    │   ├── WrongKeyFile
    │   │   ├── PasswordFileUnusable the file of the password cannot be read, or is empty
    │   │   └── PasswordNotGiven     nothing says which password opens a key file
    │   ├── SignerNotConfigured
    │   ├── SigningFailed            the external signer refuses, or signed something else
    │   ├── SealsNotInstalled        the libraries that verify sealed blocks are not there
    │   ├── KeyInUse                 another program sends transactions with the same key
    │   ├── RefusedMeanwhile         another process of the same key had the operation refused
    │   ├── NotMined                 sent and saved, but in no block within the time given
    │   ├── NotSealed                the chain's blocks are not sealed by validators of QBFT
    │   └── RpcFailure
    ├── NotFound                     nothing has this id                                                 exit 4
    ├── Unauthorised                 the caller lacks a role or a scope                                  exit 5
    ├── Inconsistent                 chain, node and index contradict each other; indexing halts         exit 7
    │   └── (chain.events, indexer.errors)   one class for each contradiction that is looked for
    └── ProofError                   a proof does not hold                                               exit 6
        ├── ProofMalformed           sizes, indices or path length cannot belong to one tree
        ├── ProofMismatch            the proof leads to another root
        └── NotEvidence              what is shown as a split view proves none

The command line exits with `exit_code`; the API maps the families to problem documents (RFC 9457); `code` is the
stable name that programs switch on. `explain()` is for people: one sentence that says what is wrong and what to do.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON value as Python holds it."""

_LARGEST_EXACT_JSON_INTEGER = 2**53 - 1
_LONGEST_SHOWN_VALUE = 200


class TanpuhuiError(Exception):
    """Base of the tree. Members are dataclasses: fields are the arguments, and equal arguments make equal errors."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = kebab(cls.__name__)

    def __str__(self) -> str:
        return self.explain()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, name) for name in argument_names(self))

    def explain(self) -> str:
        """What is wrong and what to do next, in English."""
        raise NotImplementedError

    def explain_chinese(self) -> str:
        """What is wrong and what to do next, in Chinese where this error has a Chinese text, else in English."""
        return self.explain()

    def details(self) -> dict[str, Json]:
        """The error's arguments as JSON: bytes as 0x-hex, quantities and large integers as decimal strings."""
        return {name: json_safe(name, getattr(self, name)) for name in argument_names(self)}


def kebab(name: str) -> str:
    """`AccountRegistry_NotActive` -> `account-registry-not-active`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", "-", name).lower()


def json_safe(name: str, value: object) -> Json:
    """One argument of an error as JSON; `name` decides whether an integer is a quantity."""
    match value:
        case None | bool() | str():
            return value
        case Enum():
            return str(getattr(value, "label", value.name))
        case bytes():
            return "0x" + value.hex()
        case int():
            exact = abs(value) <= _LARGEST_EXACT_JSON_INTEGER and not name.endswith("grams")
            return value if exact else str(value)
        case tuple() | list():
            return [json_safe(name, member) for member in value]
        case dict():
            return {str(key): json_safe(str(key), member) for key, member in value.items()}
        case _:
            return str(value)


def argument_names(error: Any) -> list[str]:
    """Names of an error's arguments, in order; class variables such as `exit_code` are none."""
    return [member.name for member in dataclasses.fields(error)] if dataclasses.is_dataclass(error) else []


def _visible(text: str) -> str:
    """`text` with what is no visible character, lone surrogates among it, written as an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN_VALUE else text[:_LONGEST_SHOWN_VALUE] + "…"


def shorten(value: object) -> str:
    """`value` as people and programs of any language read it, cut so that a hostile input cannot flood a terminal."""
    if value is None:
        return "nothing"
    number = isinstance(value, int | float) and not isinstance(value, Enum)
    shown = value if number else json_safe("", value)
    text = json.dumps(shown, ensure_ascii=False) if isinstance(shown, str | list | dict | bool) else str(shown)
    return _cut(_visible(text))


@dataclass(unsafe_hash=True)
class InvalidInput(TanpuhuiError):
    """The value given for `field` breaks `rule`, which reads on from "must": "be a whole number of grams"."""

    field: str
    rule: str
    value: object = dataclasses.field(hash=False)

    exit_code: ClassVar[int] = 2

    def explain(self) -> str:
        return f"{self.field} must {self.rule}, but is {shorten(self.value)}."

    def details(self) -> dict[str, Json]:
        given = json_safe(self.field, self.value)
        if isinstance(given, str):
            given = _cut(_visible(given))
        elif given is not None and not isinstance(given, int):
            given = shorten(given)
        return {"field": self.field, "rule": self.rule, "value": given}


class InvalidQuantity(InvalidInput):
    """Not a whole number of grams of CO2e in range."""


class InvalidIdentifier(InvalidInput):
    """An id, address or hash is malformed."""


class InvalidDay(InvalidInput):
    """A civil day is malformed or outside the range of the encodings."""


class UnknownWord(InvalidInput):
    """A word is not one of the vocabulary's; the rule names those that are."""


class OutOfRange(InvalidInput):
    """A value does not fit its place in an encoding."""


class InvalidJson(InvalidInput):
    """Not strict JSON, or not JSON of the kind that we hash."""


class InvalidTransaction(InvalidInput):
    """Signed bytes that are no transaction we send on for a holder."""


class InvalidQuantification(InvalidInput):
    """The quantification of a methodology breaks a rule of docs/spec/05-points.md §5.6; `field` is the key's path."""


class InvalidNetwork(InvalidInput):
    """A table of arcs between stations breaks a rule of docs/spec/05-points.md §5.6."""


class InvalidKey(InvalidInput):
    """No verifier key or signer key of docs/spec/07-log.md §7.2, or keys that do not go together."""


class InvalidNote(InvalidInput):
    """No signed note of docs/spec/07-log.md §7.2, or one with a line that does not verify."""


class InvalidBundle(InvalidInput):
    """A member of a certificate bundle breaks a rule of docs/spec/08-certificates.md §8.1, §8.2 or §8.4."""


class InvalidRecord(InvalidInput):
    """A record or a disclosure breaks a rule of docs/spec/03-encodings.md."""


class MissingField(InvalidRecord):
    """A record lacks a field that its kind requires."""


class Refused(TanpuhuiError):
    """A rule of the ledger forbids the operation; nothing was changed."""


@dataclass(unsafe_hash=True)
class UnknownRefusal(Refused):
    """A contract refused with bytes that no known error explains, or with a plain reason string."""

    data: bytes
    reason: str = ""

    def explain(self) -> str:
        what = f'the reason "{self.reason}"' if self.reason else f"the unknown error data 0x{self.data.hex()}"
        return f"The contract refused the operation with {what}; the deployment may be newer than this program."


class NotQuantified(Refused):
    """A measurement makes no grams under the quantification of its methodology; `code` is the rule it breaks."""


@dataclass(unsafe_hash=True)
class OperationConflict(TanpuhuiError):
    """The submitter has saved another operation under this id."""

    operation_id: bytes

    def explain(self) -> str:
        return (
            f"Operation id 0x{self.operation_id.hex()} was used before with other content; "
            "give this operation an id of its own, or repeat the first one unchanged."
        )


class Unavailable(TanpuhuiError):
    """Something outside the rules (node, deployment, key file) is not usable; the same request may work later."""

    exit_code: ClassVar[int] = 3


@dataclass(unsafe_hash=True)
class NodeUnreachable(Unavailable):
    """No answer from the node. `url` carries no user, password or query."""

    url: str
    reason: str = ""

    def explain(self) -> str:
        because = f" ({self.reason})" if self.reason else ""
        return f"The node at {self.url} does not answer{because}; check TANPUHUI_RPC_URL and that the node is running."


class NotANode(NodeUnreachable):
    """Something answers at the node's address, but not as JSON-RPC. It may pass, where a proxy stands between."""

    def explain(self) -> str:
        return (
            f"What answers at {self.url} is no JSON-RPC node ({self.reason}); check that address: --rpc or "
            "TANPUHUI_RPC_URL names the node's, such as http://127.0.0.1:8545."
        )


@dataclass(unsafe_hash=True)
class WrongChain(Unavailable):
    """The node serves another chain than the deployment or the database is bound to."""

    expected: int
    found: int

    def explain(self) -> str:
        return (
            f"The node serves chain {self.found}, but this deployment lives on chain {self.expected}; "
            "point TANPUHUI_RPC_URL at the right node or choose the other deployment file."
        )


@dataclass(unsafe_hash=True)
class WrongGenesis(WrongChain):
    """The node serves another chain that has the same chain id, for example a local chain that was started anew."""

    expected_genesis: bytes
    found_genesis: bytes

    def explain(self) -> str:
        return (
            f"The node serves another chain {self.found}: its genesis block is 0x{self.found_genesis.hex()}, but this "
            f"deployment lives on the one with 0x{self.expected_genesis.hex()}; point TANPUHUI_RPC_URL at the right "
            "node or choose the other deployment file."
        )


@dataclass(unsafe_hash=True)
class NotDeployed(Unavailable):
    """No code, or other code than ours, stands at the address where the deployment file puts the contract."""

    contract: str
    address: bytes

    def explain(self) -> str:
        return (
            f"Contract {self.contract} is not deployed at 0x{self.address.hex()} on this chain; "
            "run `tanpuhui deploy` or choose the right deployment file."
        )


@dataclass(unsafe_hash=True)
class DeploymentFileMissing(Unavailable):
    """There is no file that says on which chain and where the contracts stand."""

    path: str

    def explain(self) -> str:
        return (
            f"There is no deployment file {self.path}. It names the chain and the contracts and is no secret: the "
            "operator publishes what `tanpuhui deploy` wrote. Take it from a source that you trust, and name it with "
            "--deployment FILE or TANPUHUI_DEPLOYMENT."
        )


@dataclass(unsafe_hash=True)
class DeploymentIncomplete(Unavailable):
    """A deployment lacks parts; `missing` names them."""

    missing: tuple[str, ...]

    def explain(self) -> str:
        return f"The deployment lacks {', '.join(self.missing)}; run `tanpuhui deploy` again to finish it."


@dataclass(unsafe_hash=True)
class CompilationFailed(Unavailable):
    """The contracts cannot be compiled here."""

    reason: str

    def explain(self) -> str:
        return f"The contracts were not compiled; mend this and try again: {self.reason.strip().rstrip('.')}."


@dataclass(unsafe_hash=True)
class WrongKeyFile(Unavailable):
    """A key file cannot be read or opened, or is not the one that is needed. `remedy` is what to do about it."""

    path: str
    reason: str
    remedy: str = "check the path and the password file"

    def explain(self) -> str:
        return f"Key file {self.path} cannot be used: {self.reason}; {self.remedy}."


class PasswordFileUnusable(WrongKeyFile):
    """A password file cannot be read or holds no password; `path` is its own, not the key file's."""

    def explain(self) -> str:
        return f"Password file {self.path} cannot be used: {self.reason}; {self.remedy}."


class PasswordNotGiven(WrongKeyFile):
    """Nothing says which password opens a key file."""


@dataclass(unsafe_hash=True)
class SignerNotConfigured(Unavailable):
    """This process was given no key of the body that has to sign. `role` is a `ledger.vocabulary.Role`."""

    role: Enum

    def explain(self) -> str:
        return (
            f"This process has no key of the {str(json_safe('role', self.role)).replace('-', ' ')}; "
            f"set TANPUHUI_KEYSTORE_{self.role.name} and its password file, or ask the body that holds the key."
        )


@dataclass(unsafe_hash=True)
class SigningFailed(Unavailable):
    """The external signer refused, or signed something else than it was asked to."""

    sender: bytes
    reason: str

    def explain(self) -> str:
        return f"The signer of 0x{self.sender.hex()} did not sign: {self.reason}; look at the signer's own log."


@dataclass(unsafe_hash=True)
class SealsNotInstalled(Unavailable):
    """A sealed block is to be verified, and a library that this needs is not there."""

    library: str

    def explain(self) -> str:
        return (
            f"Sealed blocks cannot be verified here, because {self.library} is not there; pip install tanpuhui[seals]."
        )


@dataclass(unsafe_hash=True)
class KeyInUse(Unavailable):
    """A transaction that we did not sign took a nonce of the key: somebody else sends with it."""

    sender: bytes
    nonce: int

    def explain(self) -> str:
        return (
            f"Another program sends transactions with the key of 0x{self.sender.hex()} (it took nonce {self.nonce}); "
            "stop it, then run this again: what was begun is saved and is finished once."
        )


@dataclass(unsafe_hash=True)
class RefusedMeanwhile(Unavailable):
    """Another process of the same key had the operation refused while this one was about to send it."""

    operation_id: bytes

    def explain(self) -> str:
        return (
            f"Another process with the same key had operation 0x{self.operation_id.hex()} refused while this one was "
            "about to send it; nothing was sent. Let one process use the key, then run this again."
        )


@dataclass(unsafe_hash=True)
class NotMined(Unavailable):
    """The transactions of these operations were sent and saved, but no block has taken them yet."""

    operation_ids: tuple[bytes, ...]
    waited_seconds: float

    def explain(self) -> str:
        shown = ", ".join(f"0x{operation_id.hex()}" for operation_id in self.operation_ids[:3])
        more = f" and {len(self.operation_ids) - 3} more" if len(self.operation_ids) > 3 else ""
        return (
            f"No block has taken operation {shown}{more} within {self.waited_seconds:.0f} s; "
            "check that the chain makes blocks, then run this again: what was begun is saved and is finished once."
        )


@dataclass(unsafe_hash=True)
class NotSealed(Unavailable):
    """A block of this chain is not one that validators of QBFT seal: no proof says who stands behind it."""

    block_number: int
    reason: str

    def explain(self) -> str:
        return (
            f"Block {self.block_number} is not sealed as QBFT seals blocks: {self.reason}. Only a QBFT chain has "
            "proofs of sealed receipts; elsewhere certificates are proved by a checkpoint."
        )


@dataclass(unsafe_hash=True)
class RpcFailure(Unavailable):
    """The node answered a JSON-RPC call with an error that is no contract refusal."""

    method: str
    rpc_code: int
    message: str

    def explain(self) -> str:
        return (
            f"The node answered {self.method} with error {self.rpc_code}: {self.message[:_LONGEST_SHOWN_VALUE]}; "
            "look at the node's log before trying again."
        )


@dataclass(unsafe_hash=True)
class NotFound(TanpuhuiError):
    """Nothing of this kind has this id."""

    kind: str
    identifier: object

    exit_code: ClassVar[int] = 4

    def explain(self) -> str:
        shown = self.identifier.hex() if isinstance(self.identifier, bytes) else self.identifier
        return f"There is no {self.kind} {shown}; check the id, and whether the index has caught up."


@dataclass(unsafe_hash=True)
class Unauthorised(TanpuhuiError):
    """The caller lacks what the step needs: a role of the ledger or a scope of an API key."""

    needed: str

    exit_code: ClassVar[int] = 5

    def explain(self) -> str:
        return f"This step needs {self.needed}; use a key that has it."


class Inconsistent(TanpuhuiError):
    """What the node tells contradicts itself, the contracts or what was indexed; nothing is indexed on top of it."""

    exit_code: ClassVar[int] = 7


@dataclass(unsafe_hash=True)
class ProofError(TanpuhuiError):
    """A proof does not hold. `step` names the check that failed."""

    step: str
    reason: str

    exit_code: ClassVar[int] = 6

    def explain(self) -> str:
        return f"Proof refused at {self.step}: {self.reason}; do not rely on what it claims to prove."


class ProofMalformed(ProofError):
    """Sizes, indices or the length of the path cannot belong to one tree."""


class ProofMismatch(ProofError):
    """The proof is well formed and leads to another root."""


class NotEvidence(ProofError):
    """What is shown as evidence of a split view proves none (docs/spec/07-log.md §7.6)."""

    def explain(self) -> str:
        return f"This is no evidence of a split view, at {self.step}: {self.reason}."


def first_line(error: BaseException) -> str:
    """What an error of a library says, without the lines that say where it was raised."""
    return str(error).partition("\n")[0]
