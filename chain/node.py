"""A local node for the demo, the tests and the benchmarks: anvil, started and always ended with its starter."""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from chain.rpc import RpcClient
from ledger.errors import NodeUnreachable, Unavailable

LOCAL_CHAIN_ID = 31_337
BLOCK_GAS_LIMIT = 100_000_000

_ROOT = Path(__file__).resolve().parent.parent
_PINNED = _ROOT / "contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
_LISTENING = re.compile(rb"Listening on ([0-9.]+:[0-9]+)")
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def find_anvil() -> Path:
    """The pinned anvil from npm (Linux x86-64), else the one on PATH; `NodeUnreachable` if there is neither."""
    if os.access(_PINNED, os.X_OK):
        return _PINNED
    found = shutil.which("anvil")
    if found is None:
        raise NodeUnreachable("local", "anvil is neither in contracts/node_modules nor on PATH; run `make setup`")
    return Path(found)


class AnvilNode:
    """One anvil on a free port of 127.0.0.1, with empty accounts, a London EVM and free gas, as a context manager.

    Blocks come within `block_seconds` of the transactions for them and not otherwise; with `block_seconds=None` only by
    `mine()`. What anvil writes to disk lies in a folder that goes with it. The process ends with its starter, even one
    that is killed; start it from a thread that lives as long as the node is needed, because Linux counts the death of
    that thread. With `kept_states` it forgets the state after all but so many blocks, which large chains need: each
    state is a copy in memory.
    """

    def __init__(
        self,
        *,
        chain_id: int = LOCAL_CHAIN_ID,
        block_seconds: float | None = 0.01,
        block_gas_limit: int = BLOCK_GAS_LIMIT,
        kept_states: int | None = None,
        port: int = 0,
        timestamp: int | None = None,
    ) -> None:
        self.chain_id = chain_id
        self._block_seconds = block_seconds
        self._block_gas_limit = block_gas_limit
        self._pruning = [] if kept_states is None else ["--prune-history", str(kept_states)]
        self._timestamp = [] if timestamp is None else ["--timestamp", str(timestamp)]
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._output: _Output | None = None
        self._miner: _Miner | None = None
        self._rpc: RpcClient | None = None

    @property
    def rpc(self) -> RpcClient:
        """A client of the running node."""
        if self._rpc is None:
            raise RuntimeError("the node is not running")
        return self._rpc

    @property
    def url(self) -> str:
        """http://127.0.0.1:port."""
        return self.rpc.url

    @property
    def pid(self) -> int | None:
        """The process, or None if it is not running."""
        return None if self._process is None else self._process.pid

    def start(self) -> Self:
        """Starts the process and waits until it answers; `NodeUnreachable` with its last words if it does not."""
        if self._process is not None:
            raise RuntimeError("the node is running")
        self._folder = tempfile.TemporaryDirectory(prefix="tanpuhui-anvil-")
        try:
            address = self._launch(Path(self._folder.name))
            self._rpc = RpcClient(f"http://{address}")
            self._port = int(address.rpartition(":")[2])
            self._rpc.call("anvil_setLoggingEnabled", [False])
            if self._block_seconds is not None:
                self._miner = _Miner(self._rpc.url, self._block_seconds)
                self._miner.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, *, kill: bool = False) -> None:
        """Ends the process, by SIGKILL if `kill`, and removes its folder. Does nothing if it is not running."""
        if self._miner is not None:
            self._miner.stop()
            self._miner = None
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._output is not None:
            self._output.join(_STOP_SECONDS)
            self._output = None
        if self._rpc is not None:
            self._rpc.close()
            self._rpc = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def mine(self, blocks: int = 1) -> None:
        """Mines now, on top of what is pending."""
        for _ in range(blocks):
            self.rpc.call("evm_mine")

    def snapshot(self) -> str:
        """Remembers the chain as it is; `revert` takes the id once."""
        return str(self.rpc.call("evm_snapshot"))

    def revert(self, snapshot_id: str) -> None:
        """The chain as it was at the snapshot, which is used up."""
        if self.rpc.call("evm_revert", [snapshot_id]) is not True:
            raise NodeUnreachable(self.url, f"anvil does not know snapshot {snapshot_id}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, folder: Path) -> str:
        # anvil leaves a folder under ~/.foundry behind whenever it is killed: it gets a home of its own.
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        command = [
            str(find_anvil()),
            *("--host", "127.0.0.1", "--port", str(self._port), "--chain-id", str(self.chain_id), "--accounts", "0"),
            *("--hardfork", "london", "--gas-limit", str(self._block_gas_limit), "--slots-in-an-epoch", "1"),
            *("--gas-price", "0", "--block-base-fee-per-gas", "0", "--disable-min-priority-fee"),
            "--no-mining",
            *self._pruning,
            *self._timestamp,
        ]
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of an already loaded function
        )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._output = _Output(self._process.stdout)
        self._output.start()
        return self._output.address()


class _Miner(threading.Thread):
    """Asks for a block whenever transactions wait for one.

    anvil's own ways do not serve: mining at every transaction hangs under batches, mining by the clock makes each
    operation wait and the chain grow while nothing happens.
    """

    def __init__(self, url: str, seconds: float) -> None:
        super().__init__(name="anvil-miner", daemon=True)
        self._rpc = RpcClient(url)
        self._seconds = seconds
        self._stopping = threading.Event()

    def run(self) -> None:
        """Ends by `stop()`. A node that does not answer is asked again."""
        pause = self._seconds
        while not self._stopping.wait(pause):
            started = time.monotonic()
            with contextlib.suppress(Unavailable):
                if int(self._rpc.call("txpool_status")["pending"], 16):
                    self._rpc.call("evm_mine")
            # Blocks cost more as the state grows: no more than half of the time goes into them.
            pause = max(self._seconds, time.monotonic() - started)

    def stop(self) -> None:
        """Waits for the block that is being made."""
        self._stopping.set()
        self.join()
        self._rpc.close()


class _Output(threading.Thread):
    """Reads what anvil prints: until it says where it listens, and on, so that it never blocks on a full pipe."""

    def __init__(self, output: IO[bytes]) -> None:
        super().__init__(name="anvil-output", daemon=True)
        self._output = output
        self._last = b""
        self._address: str | None = None
        self._decided = threading.Event()

    def run(self) -> None:
        """Ends when anvil does."""
        with self._output:
            for line in self._output:
                self._last = line.strip() or self._last
                found = _LISTENING.search(line)
                if found:
                    self._address = found.group(1).decode()
                    self._decided.set()
        self._decided.set()

    def address(self) -> str:
        """host:port, once anvil said it; `NodeUnreachable` if it ended without."""
        self._decided.wait(_START_SECONDS)
        if self._address is None:
            said = self._last.decode(errors="replace") or "it said nothing"
            raise NodeUnreachable("local", f"anvil did not start: {said}")
        return self._address


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
