"""Hands bytes on to an output that may be slow, or closed, while the event loop goes on."""

import asyncio
import os
import queue
import threading
from typing import IO, NamedTuple


class _Piece(NamedTuple):
    said: bytes
    written: "asyncio.Future[None]"


class Onward:
    """A stream to write to; the writing is done in a thread of its own, and in order.

    Not in one of the loop's: where nobody reads, such a thread stands still, and cockpit's end
    would wait for it.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        """Write to `stream`, past its buffers; None, as `sys.stdout` can be, takes nothing."""
        self._descriptor = -1 if stream is None else stream.fileno()
        self._pieces: queue.SimpleQueue[_Piece] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._work, name="cockpit onward", daemon=True).start()

    async def __call__(self, said: bytes) -> None:
        """Return when all of it is written; raise `OSError` where nobody takes it."""
        if self._descriptor < 0:
            return
        piece = _Piece(said, self._loop.create_future())
        self._pieces.put(piece)
        await piece.written

    def _work(self) -> None:
        while True:
            said, written = self._pieces.get()
            error: OSError | None = None
            try:
                rest = memoryview(said)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError as caught:
                error = caught
            try:
                self._loop.call_soon_threadsafe(_settle, written, error)
            except RuntimeError:  # the loop has ended
                return


def _settle(written: "asyncio.Future[None]", error: OSError | None) -> None:
    if written.done():  # it was cancelled
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)
