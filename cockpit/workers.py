"""A pool of warm worker processes, as an `Executor` of jobs that turn bytes into bytes.

A worker that dies, hangs or cannot start costs the one job it had; nothing here knows what the
jobs do.
"""

import collections
import concurrent.futures
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from cockpit import process, worker
from cockpit.errors import CockpitError
from cockpit.plain import plain_lines
from cockpit.worker import ERROR, LENGTH, pack

Future = concurrent.futures.Future[bytes]

#: The default limit of a worker's address space, in bytes: a 50 MB file shall be its own
#: MemoryError and not the machine's.
MEMORY = 4 << 30
#: How many workers in a row may be killed before they are ready.
_STARTS = 20
#: How long a worker may take to import what jobs need, in seconds.
_START_TIMEOUT = 60.0
#: The largest reply, in bytes.
_LARGEST = 1 << 30

#: Bytes of a job after which its worker is replaced: a file of 2.4 MB left one of a gigabyte.
_HUGE = 2 << 20
_MEMORY_HINT = "see whether the system is short of memory, or exclude the file"


class WorkerDied(CockpitError):  # noqa: N818 -- the sentence it says
    """A worker ended in the middle of a job; `words` is what it said last."""

    def __init__(self, message: str, hint: str = "", words: str = "") -> None:
        """Keep the worker's own words beside our sentence."""
        super().__init__(message, hint)
        self.words = words


class WorkerTimeout(WorkerDied):
    """A job took longer than allowed, and its worker was killed."""


class CannotWork(CockpitError):  # noqa: N818
    """No worker starts, so no job can be done; not the fault of any job."""


class JobFailed(Exception):  # noqa: N818 -- the sentence it says
    """A job raised in its worker: the name of the type, the message, and the traceback's end."""

    def __init__(self, kind: str, message: str, words: str) -> None:
        """Keep the three apart; nothing of them is more than text."""
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message
        self.words = words


class _Task(msgspec.Struct, frozen=True):
    """A job that waits: its request as one frame, and who wants the answer."""

    frame: bytes
    future: Future


def _how(code: int) -> str:
    """Return how a process ended, in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


class _Queue:
    """The jobs that wait, the urgent first; managers take from it until it is closed."""

    def __init__(self) -> None:
        self._tasks: collections.deque[_Task] = collections.deque()
        self._urgent: collections.deque[_Task] = collections.deque()
        self._changed = threading.Condition()
        #: Whether there will be no more jobs.
        self.closed = False

    def put(self, task: _Task, urgent: bool) -> None:
        """Add a job; raise RuntimeError once closed, as every `Executor` does."""
        with self._changed:
            if self.closed:
                raise RuntimeError("cannot submit a job after shutdown")
            (self._urgent if urgent else self._tasks).append(task)
            self._changed.notify()

    def get(self) -> _Task | None:
        """Return the next job, when there is one; None when there will be none any more."""
        with self._changed:
            while not (self._urgent or self._tasks or self.closed):
                self._changed.wait()
            waiting = self._urgent or self._tasks
            return waiting.popleft() if waiting else None

    def close(self) -> None:
        """Take no more jobs."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def clear(self) -> list[_Task]:
        """Return all jobs that wait, and forget them."""
        with self._changed:
            tasks = [*self._urgent, *self._tasks]
            self._urgent.clear()
            self._tasks.clear()
        return tasks


class _Manager(threading.Thread):
    """The one thread that starts, feeds and replaces one worker.

    Its reads and writes leave the interpreter to others; a worker is told to end with the thread
    that started it, so this one ends last.
    """

    def __init__(self, pool: "Pool") -> None:
        super().__init__(name="cockpit worker", daemon=True)
        self._pool = pool
        self._worker: process.Worker | None = None
        self._cut = False

    @property
    def pid(self) -> int | None:
        """The process of the worker, if there is one now."""
        worker = self._worker
        return worker.pid if worker else None

    def cut(self) -> None:
        """Kill the worker, whatever it does, and start no other."""
        self._cut = True
        if worker := self._worker:
            worker.kill()

    def run(self) -> None:
        """Do jobs until there are none."""
        try:
            self._attempt_start()
            while task := self._pool.queue.get():
                if task.future.set_running_or_notify_cancel():
                    self._serve(task)
        finally:
            self._discard()

    def _attempt_start(self) -> None:
        """Have a worker ready before the first job; why there is none, that job will learn."""
        with contextlib.suppress(CannotWork):
            self._ready()

    def _serve(self, task: _Task) -> None:
        """Do one job and say so to who waits for it."""
        try:
            answer = self._ask(self._ready(), task.frame)
        except CannotWork as error:
            task.future.set_exception(error)
            self._pool.give_up(error)
        except (WorkerDied, JobFailed) as error:
            task.future.set_exception(error)
        else:
            task.future.set_result(answer)
            if len(task.frame) > _HUGE:  # what its tree took, a worker would keep for ever
                self._discard()
                self._attempt_start()

    def _ready(self) -> process.Worker:
        """Return a worker that is alive; raise `CannotWork` where none can be had."""
        if self._worker and self._worker.code is not None:
            self._discard()  # killed while it was idle: no job is to blame
        for _ in range(_STARTS):
            if self._worker:
                break
            self._start()
        else:
            raise CannotWork("the workers are killed before they are ready", "free some memory")
        return self._worker

    def _start(self) -> None:
        """Start a worker; leave none where it was killed; raise `CannotWork` where it gave up."""
        if self._cut:
            raise CannotWork("the workers were shut down")
        pool = self._pool
        arguments = (str(os.getpid()), str(pool.memory_limit), *pool.preload)
        command = process.python("-m", worker.__name__, *arguments)
        try:
            self._worker = process.start_worker(command, pool.cwd)
        except process.CannotStart as error:
            raise CannotWork(error.message, error.hint) from error
        if self._cut:  # between the two lines above
            self._worker.kill()
        try:
            self._receive(self._worker, time.monotonic() + _START_TIMEOUT)
        except process.Silence:
            self._discard()
            raise CannotWork(f"no worker was ready after {_START_TIMEOUT:g} s") from None
        except EOFError:
            code, words = self._discard()
            if code >= 0:
                why = words.rpartition("\n")[2] or _how(code)
                raise CannotWork(
                    f"the workers cannot start: {why}", "install cockpit anew"
                ) from None

    def _ask(self, worker: process.Worker, frame: bytes) -> bytes:
        """Return a worker's answer to `frame`; raise `JobFailed` or `WorkerDied`."""
        until = time.monotonic() + self._pool.timeout
        try:
            worker.write(frame, until)
            kind, body = self._receive(worker, until)
        except process.Silence:
            self._discard()
            raise WorkerTimeout(
                f"the analysis took longer than {self._pool.timeout:g} s",
                "raise `timeout` in [tool.cockpit], or exclude the file",
            ) from None
        except (EOFError, OSError):
            code, words = self._discard()
            raise WorkerDied(f"its worker {_how(code)}", _MEMORY_HINT, words) from None
        worker.words()
        if kind == ERROR:
            error = JobFailed(*body.decode("utf-8", "replace").split("\0", 2))
            if error.kind == MemoryError.__name__:
                self._discard()  # what it holds on to is not worth finding out
            raise error
        return body

    @staticmethod
    def _receive(worker: process.Worker, until: float) -> tuple[bytes, bytes]:
        """Return the kind and the body of a reply."""
        size = LENGTH.unpack(worker.read(LENGTH.size, until))[0]
        if not 1 <= size <= _LARGEST:  # a tool wrote where it should not
            raise EOFError
        return worker.read(1, until), worker.read(size - 1, until)

    def _discard(self) -> tuple[int, str]:
        """End the worker; return its exit code and last words."""
        worker, self._worker = self._worker, None
        if worker is None:
            return 0, ""
        code = worker.end()
        return code, plain_lines(worker.words().decode("utf-8", "replace")).strip()


class Pool(concurrent.futures.Executor):
    """At most `size` worker processes, started at the first job, kept warm and replaced.

    A future fails with `JobFailed` (the job raised), `WorkerDied` (its worker was killed or
    crashed), `WorkerTimeout` (no answer after `timeout` seconds) or `CannotWork` (no worker
    starts); other jobs are not touched by it, but for the last.
    """

    def __init__(
        self,
        size: int,
        *,
        timeout: float = 60.0,
        memory_limit: int | None = None,
        preload: Sequence[str] = ("cockpit.jobs:preload",),
        cwd: Path | None = None,
    ) -> None:
        """Start nothing yet.

        `memory_limit` (bytes of address space a worker, 0 for none) holds on Linux. `preload`
        names functions without arguments, "module:qualname", that import what jobs need. `cwd` is
        where workers run: the root folder, so that no tool reads what a current folder holds.
        """
        self.queue = _Queue()
        self.timeout = timeout
        self.memory_limit = MEMORY if memory_limit is None else memory_limit
        self.preload = tuple(preload)
        self.cwd = cwd or Path(os.sep)
        self._size = max(1, size)
        self._managers: list[_Manager] = []
        self._starting = threading.Lock()

    def submit(  # type: ignore[override]
        self, fn: Callable[[bytes], bytes], /, payload: bytes, *, urgent: bool = False
    ) -> Future:
        """Have `fn(payload)` done in a worker, before the others if `urgent`.

        `fn` is a function of a module that a worker can import; only its name is sent.
        """
        name = f"{fn.__module__}:{fn.__qualname__}"
        if "<" in name or fn.__module__ == "__main__":
            raise ValueError(f"a worker cannot find {name}: it is not a module's own function")
        future: Future = concurrent.futures.Future()
        self.queue.put(_Task(pack(name, payload), future), urgent)
        self.warm()
        return future

    def warm(self) -> None:
        """Start the workers now, and let them import what jobs need; returns at once."""
        with self._starting:
            if not (self._managers or self.queue.closed):
                self._managers = [_Manager(self) for _ in range(self._size)]
                for manager in self._managers:
                    manager.start()

    def pids(self) -> list[int]:
        """Return the processes of the workers that are alive now."""
        return [pid for manager in self._managers if (pid := manager.pid) is not None]

    def give_up(self, error: CannotWork) -> None:
        """Fail all jobs that wait: no worker starts, so none would ever do them."""
        for task in self.queue.clear():
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs, and let the workers end once theirs are done.

        With `cancel_futures` jobs that wait are cancelled and, unlike in other executors, those
        under way are cut off: their futures fail with `WorkerDied`.
        """
        self.queue.close()
        if cancel_futures:
            for task in self.queue.clear():
                task.future.cancel()
                task.future.set_running_or_notify_cancel()
            for manager in self._managers:
                manager.cut()
        if wait:
            for manager in self._managers:
                manager.join()
