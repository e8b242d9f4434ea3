"""What an instance says of the log's keys: the content of a trust file, as verifiers take it."""

from dataclasses import dataclass

from ledger.errors import Json
from ledger.ids import Address
from ledger.notes import VerifierKey
from ledger.verifier.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """The log's verifier key, whose name is the origin; the witnesses and how many of them must have cosigned; the
    validators of the chain, where the instance was told of them.

    An instance can only say what it was told: whoever verifies pins what was heard from more than one side.
    `InvalidInput` or `InvalidKey` for what no verifier would take.
    """

    log_key: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    validators: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        _ = self.trust

    @property
    def trust(self) -> Trust:
        """As pins of a verifier."""
        return Trust(
            origin=self.log_key.name,
            log_key=self.log_key,
            witnesses=self.witnesses,
            quorum=self.quorum,
            validators=self.validators,
        )

    def document(self) -> dict[str, Json]:
        """As `--trust FILE` reads it."""
        return self.trust.to_json()
