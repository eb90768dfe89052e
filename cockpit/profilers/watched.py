"""One Python process between two looks: what it is and takes, and whether it may be sampled.

Looked at through psutil, and through /proc where psutil has no way or a slow one; never touched.
"""

import functools
import os
import pwd
import sys
import time
from collections.abc import Callable, Mapping, Sequence

import msgspec
import psutil

from cockpit.janitor import MARK
from cockpit.plain import plain
from cockpit.profilers.interpreter import Begun, Interpreter, described, is_python, library_in
from cockpit.profilers.permission import Facts, Remedy, Subject, judged, sentence

#: In the environment of a program that a person had cockpit launch, with that cockpit's PID.
TARGET = "COCKPIT_TARGET"
#: Age in seconds until which a program may still be loading a libpython.
_SETTLED = 10.0
#: Seconds that a CPU share is measured over, at least: the system counts in hundredths.
_MEASURED = 0.5
#: What is kept of a command: words, letters of one, and letters of the whole as shown.
_WORDS, _LETTERS, _SHOWN = 64, 1_000, 4_000
_STATUSES = {
    psutil.STATUS_RUNNING: "running",
    psutil.STATUS_STOPPED: "stopped",
    psutil.STATUS_TRACING_STOP: "traced",
    psutil.STATUS_ZOMBIE: "zombie",
    psutil.STATUS_DEAD: "zombie",
}
#: What of an environment matters here.
_NAMES = ("VIRTUAL_ENV", "CONDA_PREFIX", MARK, TARGET)
_ON_LINUX = sys.platform == "linux"


class Process(msgspec.Struct, frozen=True):
    """A Python process as it was at one look.

    `born` is seconds since the epoch, `age` seconds; both with the PID tell it from one that took
    its PID. `cpu` is percent of one core since the look before, None at the first; `rss` bytes.
    `status` is running, sleeping, stopped, traced (by a debugger), zombie or ended. `command` may
    be drawn as it is, nothing else. `problem` says why it cannot be sampled, "" where it can.
    """

    pid: int
    born: float
    parent: int = 0
    user: str = ""
    command: str = ""
    argv: tuple[str, ...] = ()
    python: str = ""
    virtualenv: str = ""
    cpu: float | None = None
    rss: int = 0
    threads: int = 0
    age: float = 0.0
    status: str = "sleeping"
    cwd: str = ""
    mine: bool = True
    this: bool = False
    problem: str = ""
    remedies: tuple[Remedy, ...] = ()

    @property
    def key(self) -> tuple[int, float]:
        """What tells it from every other process."""
        return self.pid, self.born

    @property
    def hint(self) -> str:
        """What to do about the problem, in a sentence with the exact commands."""
        return sentence(self.remedies)


class Watched:
    """A process between two looks."""

    def __init__(self, handle: psutil.Process) -> None:
        """Know nothing of it yet but when it began; raises psutil's errors."""
        self.handle, self.pid, self.born = handle, handle.pid, handle.create_time()
        self.parent = 0
        self.environ: Mapping[str, str] = {}
        self.interpreter: Interpreter | None = None
        self._name = self._program = self._library = self._cwd = ""
        self._readable = True
        self._argv: tuple[str, ...] = ()
        self._described: tuple[str, tuple[str, ...]] = ("", ())
        #: Its age when its maps were read last; negative: never.
        self._searched = -1.0
        self._measured = 0.0
        self._cpu: float | None = None

    # --- What it is ---------------------------------------------------------------------------

    def meet(self, until: float = float("inf")) -> None:
        """Look what it is now; read no maps once we have used so much processor time."""
        with self.handle.oneshot():
            self.parent, name = self.handle.ppid(), self.handle.name()
            if self.handle.status() == psutil.STATUS_ZOMBIE:  # it is what it was
                if self.interpreter is None and is_python(name):
                    self._argv, self.interpreter = (f"[{name}]",), Interpreter()
                return
            program, self._readable = _program(self.handle)
            if not program and self._readable and self.interpreter is not None:
                return  # it ends: its memory is gone, and it is no zombie yet
            if (name, program) != (self._name, self._program):  # it begins, or another in it
                self._name, self._program = name, program
                self._searched, self._library = -1.0, ""
            if self._is_python(until):
                self._describe()
            else:
                self.interpreter = None

    def _is_python(self, until: float) -> bool:
        if not self._readable:  # it is another's: what it was started by says so
            return is_python(self._name) or is_python(next(iter(_words(self.handle)), ""))
        if not self._program or is_python(self._program) or self._library:
            return bool(self._program)
        age = time.time() - self.born
        due = self._searched < 0 or self._searched < _SETTLED <= age
        if due and time.thread_time() < until:
            self._searched, self._library = age, library_in(_maps(self.pid))
        return bool(self._library)

    def _describe(self) -> None:
        """Say what Python it is; again where it has begun another program."""
        words = _words(self.handle)
        if not words and self.interpreter is not None and self._described[0] == self._program:
            return  # it ends just now
        self._argv = words or (f"[{self._name}]",)
        if self.interpreter is not None and self._described == (self._program, self._argv):
            return
        self._described = self._program, self._argv
        self.environ, self._cwd = _environ(self.handle), _cwd(self.handle)
        root = f"/proc/{self.pid}/root" if _ON_LINUX and self._readable else ""
        begun = Begun(self._argv, self.environ, self._cwd, root)
        self.interpreter = described(self._program or self._argv[0], self._library, begun)

    @property
    def is_janitor(self) -> bool:
        """Whether it ends with a cockpit, and cleans up after that: nobody's program."""
        return any(word.startswith(f"{MARK}=") for word in self._argv[-1:])

    # --- What is told of it -------------------------------------------------------------------

    def told(self, facts: Facts, opened: bool) -> Process:
        """Return it as it is now; raises psutil's errors where it has ended."""
        interpreter = self.interpreter or Interpreter()
        with self.handle.oneshot():
            subject = self.subject(opened)
            refused = judged(facts, subject)
            return Process(
                pid=self.pid,
                born=self.born,
                parent=self.parent,
                user=subject.owner,
                command=plain(" ".join(self._argv)[:_SHOWN])[:_SHOWN],
                argv=self._argv,
                python=interpreter.version,
                virtualenv=interpreter.virtualenv,
                cpu=self._share(),
                rss=_number(lambda: self.handle.memory_info().rss),
                threads=_number(self.handle.num_threads),
                age=max(0.0, time.time() - self.born),
                status=subject.status,
                cwd=_cwd(self.handle) or self._cwd,
                mine={*self.handle.uids()} <= _of_ours(),
                this=self.pid == os.getpid(),
                problem=refused.problem,
                remedies=refused.remedies,
            )

    def subject(self, opened: bool) -> Subject:
        """Return what the permission to sample it hangs on."""
        interpreter = self.interpreter or Interpreter()
        return Subject(
            self.pid,
            owner=_user(self.handle.uids().real),
            # It must have no other user's rights, and none that it could take back.
            same={*self.handle.uids()} == {os.getuid()},
            readable=self._readable,
            opened=opened,
            status=_STATUSES.get(self.handle.status(), "sleeping"),
            program=self._program,
            free_threaded=interpreter.free_threaded,
            other_python="PyPy" if interpreter.pypy else "",
        )

    def _share(self) -> float | None:
        """Return its share of a core since the last look, in percent; None at the first."""
        now = time.monotonic()
        if not self._measured:
            self.handle.cpu_percent()
            self._measured = now
        elif now - self._measured >= _MEASURED:
            self._cpu, self._measured = self.handle.cpu_percent(), now
        return self._cpu


def _of_ours() -> set[int]:
    """Return the users that are us: as root, also whoever asked sudo for that."""
    asked = os.environ.get("SUDO_UID", "")
    return {os.getuid(), *([int(asked)] if os.geteuid() == 0 and asked.isdecimal() else ())}


# --- Asking the system, of what may not be known or be gone -------------------------------------


def _program(process: psutil.Process) -> tuple[str, bool]:
    """Return the path of the program that runs, and whether we may know it."""
    try:  # psutil keeps what it once saw, also where another program has begun since
        link = os.readlink(f"/proc/{process.pid}/exe") if _ON_LINUX else process.exe()  # noqa: PTH115
    except (PermissionError, psutil.AccessDenied):
        return "", False
    except OSError:  # a thread of the kernel has none
        return "", True
    return link.removesuffix(" (deleted)"), True


def _words(process: psutil.Process) -> tuple[str, ...]:
    try:
        words: Sequence[str] = process.cmdline()
    except (psutil.AccessDenied, psutil.ZombieProcess):
        return ()
    return tuple(word[:_LETTERS] for word in words[:_WORDS])


def _environ(process: psutil.Process) -> Mapping[str, str]:
    try:
        environ = process.environ()
    except (psutil.Error, OSError):
        return {}
    return {name: environ[name] for name in _NAMES if name in environ}


def _cwd(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return ""


def _number(ask: Callable[[], int]) -> int:
    try:
        return ask()
    except (psutil.AccessDenied, psutil.ZombieProcess):
        return 0


def _maps(pid: int) -> bytes:
    """Return what files a process has mapped; nothing on systems that do not tell."""
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:  # noqa: PTH123 - of /proc
            return file.read()
    except OSError:
        return b""


@functools.lru_cache(maxsize=256)
def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
