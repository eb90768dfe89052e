"""What Python a process is: told from its program's name, its libraries and its environment.

Text in, values out; of files it reads `pyvenv.cfg` alone. It knows no process.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import msgspec

from cockpit.scan import read_regular

# python, python3, python3.13t, python3.11-dbg, Python (macOS's frameworks), pythonw, pypy3.10-c
_PROGRAM = re.compile(
    r"(?P<kind>python|pypy)w?(?P<version>\d+(?:\.\d+)?)?(?P<flags>[dmut]*)"
    r"(?:-(?:dbg|debug|intel64|32|c))?(?:\.exe)?",
    re.IGNORECASE,
)
_LIBRARY = re.compile(rb"/libpython(\d+\.\d+)([dmut]*)[-\w]*\.(?:so|dylib)")
#: A folder that names a whole version: ~/.pyenv/versions/3.11.7, cpython-3.12.4-linux-x86_64-gnu.
_WHOLE = re.compile(r"(?:^|[/@-])(\d+\.\d+\.\d+)(?=[/+_-])")
#: What people call an environment in a project's folder; the folder's own name says more.
_GENERIC = frozenset((".venv", "venv", ".env", "env", ".virtualenv", "virtualenv"))
#: A longer `pyvenv.cfg` is none.
_CONFIGURATION = 64 * 1024


class Interpreter(msgspec.Struct, frozen=True):
    """A Python: its version as far as that is told ("3.11.7", "3.11", ""), and what it is.

    `virtualenv` is the name of its environment, "" for none.
    """

    version: str = ""
    virtualenv: str = ""
    free_threaded: bool = False
    pypy: bool = False


class Begun(msgspec.Struct, frozen=True):
    """How a process was begun: its command, of its environment what matters, and in what folder.

    `root` is put before every path of it: processes in containers have a root of their own.
    """

    argv: Sequence[str]
    environ: Mapping[str, str] = {}
    folder: str = ""
    root: str = ""


def is_python(program: str) -> bool:
    """Whether a program of this path is called as Pythons are."""
    return _PROGRAM.fullmatch(_name(program)) is not None


def _name(program: str) -> str:
    return PurePath(program.removesuffix(" (deleted)")).name


def library_in(maps: bytes) -> str:
    """Return the version of the libpython among mapped files, with its flags: 3.13t; "" if none."""
    found = _LIBRARY.search(maps)
    return (found[1] + found[2]).decode() if found else ""


def described(program: str, library: str, begun: Begun) -> Interpreter:
    """Return what Python it is.

    `program` is the path of what runs, links followed, `library` what `library_in` found.
    """
    prefix = environment_of(begun)
    short, free, pypy = _by_name(program, library)
    whole = (prefix and _configured(begun.root + prefix)) or "".join(_WHOLE.findall(program)[-1:])
    version = whole if whole.startswith(short) else short
    return Interpreter(version, called(prefix), free, pypy)


def _by_name(program: str, library: str) -> tuple[str, bool, bool]:
    """Return the short version, whether it is free-threaded, and whether it is PyPy."""
    found = _PROGRAM.fullmatch(_name(program))
    named = (found["version"] or "") if found else ""
    flags = (found["flags"] if found else "") + library
    short = named if "." in named else library.rstrip("dmut") or named
    pypy = found is not None and found["kind"].lower() == "pypy"
    return short, "t" in flags.lower(), pypy


def environment_of(begun: Begun) -> str:
    """Return the folder of the virtual environment; "" where it runs in none.

    The path that it was started by says so. Where it was started by a bare name, or has another
    title than its command, what its shell had activated does.
    """
    first = begun.argv[0] if begun.argv else ""
    if "/" in first and is_python(first):
        whole = os.path.normpath(PurePath(begun.folder, first))
        places = [str(PurePath(whole).parent.parent)]
    else:
        places = [begun.environ.get(name, "") for name in ("VIRTUAL_ENV", "CONDA_PREFIX")]
    return next(filter(lambda place: _is_environment(begun.root, place), places), "")


def _is_environment(root: str, place: str) -> bool:
    if not place.startswith("/"):
        return False
    marks = (f"{root}{place}/{name}" for name in ("pyvenv.cfg", "conda-meta"))
    return any(map(os.path.exists, marks))


def called(prefix: str) -> str:
    """Return what a person calls the environment at `prefix`: its name, with the project's."""
    path = PurePath(prefix)
    if path.name in _GENERIC and path.parent.name:
        return f"{path.parent.name}/{path.name}"
    return path.name


def _configured(prefix: str) -> str:
    """Return the version that an environment's `pyvenv.cfg` names; "" where it names none."""
    place = f"{prefix}/pyvenv.cfg"
    try:
        if os.path.getsize(place) > _CONFIGURATION:  # noqa: PTH202
            return ""
        content = read_regular(place).decode(errors="replace")
    except OSError:
        return ""
    found = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+(?:\.\d+)?)", content, re.MULTILINE)
    return found[1] if found else ""
