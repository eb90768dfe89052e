"""Why the system lets nobody sample a process, and the exact line to type next.

Judged from facts that are handed in; `facts` and `refusal` ask the system for them. Nothing here
draws, or starts anything.
"""

import os
import re
import sys
from collections.abc import Sequence

import msgspec

from cockpit.plain import plain

#: The capability to read any process, by its number in capabilities(7).
_SYS_PTRACE = 19
_SCOPE_FILE = "/proc/sys/kernel/yama/ptrace_scope"
_OPEN = f"echo 0 | sudo tee {_SCOPE_FILE}"
_CONTAINER = "docker run --cap-add SYS_PTRACE"
#: Programs of macOS that not even root may read (System Integrity Protection).
_OF_APPLE = ("/System/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/")


class Facts(msgspec.Struct, frozen=True):
    """What we may do on this system.

    `scope` is Yama's ptrace_scope, 0 where there is no Yama. `capable` is whether we have the
    right to read any process (CAP_SYS_PTRACE), `attainable` whether root could get it: a container
    that was started without it has it for nobody.
    """

    system: str = "linux"
    euid: int = 1000
    scope: int = 0
    capable: bool = False
    attainable: bool = True


class Subject(msgspec.Struct, frozen=True):
    """What is known of the process.

    `owner` is its user, `same` whether that is us. `readable` is whether the kernel lets us see
    its program: its rule for that is the one for sampling, but for Yama's. `opened` is whether it
    told Yama that we may (cockpit has those that it launches do so).
    """

    pid: int
    owner: str = ""
    same: bool = True
    readable: bool = True
    opened: bool = False
    status: str = "sleeping"
    program: str = ""
    free_threaded: bool = False
    other_python: str = ""


class Remedy(msgspec.Struct, frozen=True):
    """What helps, in words that a command may follow, and that command."""

    words: str
    command: str = ""


class Refusal(msgspec.Struct, frozen=True):
    """Why a process cannot be sampled, "" where it can, and what helps, the best first."""

    problem: str = ""
    remedies: tuple[Remedy, ...] = ()

    @property
    def hint(self) -> str:
        """The remedies in one sentence; "" where there are none."""
        return sentence(self.remedies)


def sentence(remedies: Sequence[Remedy]) -> str:
    """Return remedies as one sentence: Do this: `command`, or do that: `another`."""
    parts = (f"{one.words}: `{one.command}`" if one.command else one.words for one in remedies)
    words = ", or ".join(parts)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


NONE = Refusal()


def judged(facts: Facts, subject: Subject) -> Refusal:
    """Return why `subject` cannot be sampled: what nothing helps against comes first."""
    if subject.status == "zombie":
        return Refusal("it has ended, and waits for its parent to notice")
    if subject.other_python:
        return Refusal(f"it is {subject.other_python}, and py-spy reads only CPython")
    if subject.free_threaded:
        usual = Remedy("run it with the usual build of Python")
        return Refusal("it is a free-threaded Python, which py-spy cannot read", (usual,))
    forbidden = (
        _of_macos(facts, subject) if facts.system == "darwin" else _of_rights(facts, subject)
    )
    if forbidden.problem or subject.status != "stopped":
        return forbidden
    return Refusal("it is stopped", (Remedy("let it go on", f"kill -CONT {subject.pid}"),))


def _of_macos(facts: Facts, subject: Subject) -> Refusal:
    if subject.program.startswith(_OF_APPLE):
        own = Remedy("run it with a Python from python.org, uv or Homebrew")
        return Refusal("macOS lets nobody look into a Python of its own", (own,))
    if facts.euid == 0:
        return NONE
    return Refusal("macOS lets only root look into a process", (as_root(subject.pid),))


def _of_rights(facts: Facts, subject: Subject) -> Refusal:
    """Judge as Linux does: ptrace(2), "Ptrace access mode checking", and then Yama."""
    if facts.scope >= 3:
        boot = Remedy("boot with kernel.yama.ptrace_scope at 2 or less")
        return Refusal(f"ptrace_scope is {facts.scope}: nobody may look into a process", (boot,))
    if facts.capable:
        return NONE
    ways = _ways(facts, subject.pid)
    if not (subject.readable and subject.same):
        return Refusal(_whose(facts, subject), ways)
    if facts.scope == 2:
        return Refusal("ptrace_scope is 2: only root may look into a process", ways)
    if facts.scope == 1 and not subject.opened:
        where = "" if facts.attainable else " on the host"
        allow = Remedy(f"allow it{where} until the next boot", _OPEN)
        return Refusal(
            "ptrace_scope is 1: only root may look into a running process", (*ways, allow)
        )
    return NONE


def _whose(facts: Facts, subject: Subject) -> str:
    if facts.system == "linux" and facts.euid == 0:
        return "root has no right to look into it here: SYS_PTRACE is missing"
    if subject.same:
        return "it has rights of its own that we lack: another group, or capabilities"
    return f"it belongs to {plain(subject.owner) or 'another user'}"


def _ways(facts: Facts, pid: int) -> tuple[Remedy, ...]:
    """Return how to come by the right to read any process."""
    if facts.system == "linux" and (facts.euid == 0 or not facts.attainable):
        return (Remedy("start the container with that right", _CONTAINER),)
    return (as_root(pid),)


def as_root(pid: int) -> Remedy:
    """Return the line that samples `pid` as root, with the same cockpit."""
    return Remedy("run cockpit as root", f'sudo env "PATH=$PATH" cockpit top {pid}')


def unexplained(facts: Facts, subject: Subject) -> Refusal:
    """Return what to say where the system did refuse, also if we do not see why."""
    found = judged(facts, subject)
    if found.problem:
        return found
    return Refusal("the system does not let us look into it", _ways(facts, subject.pid))


# --- Asking the system ------------------------------------------------------------------------


def facts(program: str = "") -> Facts:
    """Return what we may do on this system, now, with a `program` that may have rights itself."""
    euid = os.geteuid() if hasattr(os, "geteuid") else 0
    if sys.platform != "linux":
        return Facts(sys.platform, euid, capable=euid == 0)
    status = _read("/proc/self/status")
    capable, attainable = capabilities(status)
    given = attainable and "NoNewPrivs:\t1" not in status and is_given(program)
    return Facts("linux", euid, scope_in(_read(_SCOPE_FILE)), capable or given, attainable)


def is_given(program: str) -> bool:
    """Return whether a program's file gives it the right to read any process (setcap(8))."""
    try:
        words = os.getxattr(program, "security.capability")
    except (OSError, ValueError):
        return False
    # capabilities(7), "File capability extended attribute versioning": flags, then the permitted.
    flags, permitted = (int.from_bytes(words[at : at + 4], "little") for at in (0, 4))
    return bool(flags & 1) and _has(permitted)


def capabilities(status: str) -> tuple[bool, bool]:
    """Return whether we may read any process, and whether root may, from /proc/self/status."""
    have, could = (_mask(status, name) for name in ("CapEff", "CapBnd"))
    return have is not None and _has(have), could is None or _has(could)


def _mask(status: str, name: str) -> int | None:
    found = re.search(rf"^{name}:\s*([0-9a-fA-F]+)$", status, re.MULTILINE)
    return int(found[1], 16) if found else None


def _has(mask: int) -> bool:
    return bool(mask >> _SYS_PTRACE & 1)


def scope_in(content: str) -> int:
    """Return the ptrace_scope that its file says; 0 where there is none."""
    words = content.strip()
    return int(words) if words.isascii() and words.isdigit() else 0


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:  # noqa: PTH123 - of /proc
            return file.read()
    except OSError:
        return ""


def refusal(pid: int) -> tuple[str, str]:
    """Return why py-spy was not let into process `pid`, and the line that helps; never empty."""
    from cockpit.profilers.processes import subject_of

    found = unexplained(facts(), subject_of(pid))
    return f"py-spy may not look into process {pid}: {found.problem}", found.hint
