"""Submits operations: saved first, then signed, sent, and waited for until their leaf is in the log.

Killed anywhere and started again, an operation has one effect: its id and signed bytes are in the outbox before the
node sees them, and the log applies an id once. Many operations are in flight at a time, under consecutive nonces; their
leaves are read by block, and only what was mined without a leaf is asked for its receipt.

One key is for one submitter at a time. A second one is not prevented but noticed (`KeyInUse`), and harms nothing: what
was begun is finished by `resume`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Self, TypeGuard

from chain.deployment import Deployment
from chain.flights import SubmitterSettings, Window, refused_operation, refused_status
from chain.hexes import from_data
from chain.leaves import NO_DIGEST, TransparencyLogView
from chain.nonces import Flight, NonceLine
from chain.operations import Operation, OperationState, OperationStatus, Outbox
from chain.recovery import Fate, Recovery
from chain.reverts import refusal_from_answer, refusal_of_status
from chain.rpc import Rpc
from chain.signers import Signer
from chain.trial import trial_request
from ledger.errors import InvalidInput
from ledger.ids import Address

__all__ = ["Submitter", "SubmitterSettings"]

Doubt = Callable[[Sequence[OperationStatus]], bool]

_FINAL = (OperationState.DONE, OperationState.REFUSED)
_DEFAULTS = SubmitterSettings()


class Submitter:
    """Submits for one body, with its key. May be shared by threads; `close` it, or use it as a context manager."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        signer: Signer,
        outbox: Outbox,
        settings: SubmitterSettings = _DEFAULTS,
    ) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._signer = signer
        self._outbox = outbox
        self._settings = settings
        self._log = TransparencyLogView(rpc, deployment)
        self._line = NonceLine(rpc, deployment, signer, outbox, settings.gas_price)
        self._recovery = Recovery(self._log, self._line, outbox, settings.confirmations)

    @property
    def address(self) -> Address:
        """The address that operations come from."""
        return self._signer.address

    def close(self) -> None:
        """Ends the background thread. What is in flight stays in the outbox."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, operation: Operation) -> OperationStatus:
        """Saves, tries on the present state, sends, and waits until the leaf is in the log.

        Raises the refusal (`ledger.refusals`): one that shows when tried costs no transaction. Raises
        `OperationConflict` for an id that was saved with other content, `InvalidInput` for an operation of another
        sender, and, with the operation saved for `resume`, `NodeUnreachable`, `WrongChain`, `NotDeployed`,
        `RpcFailure`, `KeyInUse`, `RefusedMeanwhile`, `NotMined`.
        """
        [status] = self._save([operation])
        if status.state is OperationState.SAVED:
            self._line.open()
            status = self._tried(status)
        [final] = self._run([[status]], lambda _: False)
        if final.state is OperationState.REFUSED:
            raise refusal_of_status(final)
        return final

    def submit_many(self, operations: Iterable[Operation], *, batch: int | None = None) -> Iterator[OperationStatus]:
        """Submits in the order given and yields each status, done or refused, in that order.

        Never raises for a refusal; raises what else `submit` raises. Nothing is tried beforehand. Operations are taken
        from the iterable as there is room, `batch` of them at a time (for those that take long to make; by default as
        many as the settings say); leaving the iterator early leaves what is in flight to `resume`.
        """
        remaining = iter(operations)
        size = self._settings.batch if batch is None else batch
        chunks = iter(lambda: list(islice(remaining, size)), [])
        return self._run((self._save(chunk) for chunk in chunks), self._perhaps_known())

    def resume(self) -> list[OperationStatus]:
        """Finishes everything that was saved and not finished; the statuses, oldest first. Raises as `submit`."""
        self._line.forget()
        unfinished = self._outbox.unfinished(self.address)
        if not unfinished:
            return []
        size = self._settings.batch
        chunks = [unfinished[start : start + size] for start in range(0, len(unfinished), size)]
        return list(self._run(chunks, lambda _: True))

    def _save(self, operations: Sequence[Operation]) -> list[OperationStatus]:
        for operation in operations:
            if operation.sender != self.address:
                raise InvalidInput("sender", f"be {self.address.hex0x}, whose key signs here", operation.sender.hex0x)
        return self._outbox.save(operations)

    def _run(self, chunks: Iterable[Sequence[OperationStatus]], doubtful: Doubt) -> Iterator[OperationStatus]:
        """`doubtful`: whether the chain is asked first for each operation of a chunk, for it may have it already."""
        window = None
        try:
            for statuses in chunks:
                if window is None and all(status.state in _FINAL for status in statuses):
                    yield from statuses
                    continue
                if window is None:
                    window = self._opened()
                while window.in_flight and window.in_flight + len(statuses) > self._settings.window:
                    window.turn(wait=True)
                    yield from window.finished()
                self._admit(window, statuses, doubtful=doubtful(statuses))
                window.turn(wait=False)
                yield from window.finished()
            while window is not None and window.in_flight:
                window.turn(wait=True)
                yield from window.finished()
        except Exception:
            self._line.forget()
            raise

    def _opened(self) -> Window:
        self._line.open()
        window = Window(self._log, self._line, self._outbox, self._settings)
        self._line.observe()
        return window

    def _admit(self, window: Window, statuses: Sequence[OperationStatus], *, doubtful: bool) -> None:
        """Takes operations into the window, in order, and launches those that have no transaction that may be mined."""
        fates: list[Fate] = list(statuses)
        unsure = [
            place
            for place, status in enumerate(statuses)
            if status.state is OperationState.SENT or (doubtful and status.state is OperationState.SAVED)
        ]
        if unsure:
            for place, fate in zip(unsure, self._recovery.fates([statuses[place] for place in unsure]), strict=True):
                fates[place] = fate
        grounded = [place for place, fate in enumerate(fates) if _is_saved(fate)]
        if not grounded:
            window.admit(fates)
            return
        flights, delivery = self._line.launch([fate for fate in fates if _is_saved(fate)])
        for place, flight in zip(grounded, flights, strict=True):
            fates[place] = flight
        window.admit(fates, delivery)

    def _perhaps_known(self) -> Doubt:
        """Asks for the first operation of each chunk, until one is not there.

        A file that is imported again, with an outbox that does not know it, is then not sent again; new operations
        cost one question in all.
        """
        known = True

        def ask(statuses: Sequence[OperationStatus]) -> bool:
            nonlocal known
            saved = [status.operation_id for status in statuses if status.state is OperationState.SAVED]
            known = known and (not saved or self._log.digests(saved[:1]) != [NO_DIGEST])
            return known

        return ask

    def _tried(self, status: OperationStatus) -> OperationStatus:
        """Final if the operation is applied already or would be refused now."""
        request = trial_request(self._deployment, status.contract, status.sender, status.calldata)
        answer, digest = self._rpc.try_batch([request, self._log.digest_request(status.operation_id)])
        if from_data(digest.unwrap(), "eth_call") != NO_DIGEST:
            [fate] = self._recovery.fates([status])
            return status if isinstance(fate, Flight) else fate
        refusal = refusal_from_answer(answer)
        if refusal is None:
            return status
        refused = refused_operation(status.operation_id, refusal)
        self._outbox.mark_refused([refused], unsent=True)
        # Another sender of the same id may have gone on with it: what the outbox has by now is how it stands.
        return self._outbox.status(status.operation_id) or refused_status(status, refused)


def _is_saved(fate: Fate) -> TypeGuard[OperationStatus]:
    return isinstance(fate, OperationStatus) and fate.state is OperationState.SAVED
