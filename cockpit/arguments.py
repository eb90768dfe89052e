"""What the command line understands, and its help."""

import argparse

from cockpit import __version__

_OVERVIEW = """\
cockpit shows what ruff, vulture, interrogate and bandit say of a Python project, live in one
terminal: every save is checked again within a blink, and every finding opens at its line. Beside it
py-spy shows where a running process spends its time, and memray what holds its memory.

  cockpit                     open the Deck on the project around this folder
  cockpit src/app             the same, for one part of it
  cockpit check               check once, print, exit 0 (clean), 1 (findings) or 2 (a tool failed)
  cockpit watch               print one line for every change, beside an editor
  cockpit top 4711            where a running process spends its time, live (py-spy)
  cockpit top -- COMMAND      the same of a program that it starts
  cockpit record 4711 -o F    sample it without a screen, and write a flamegraph or a profile
  cockpit mem run -- COMMAND  what holds the memory of a program, live (memray)
  cockpit scalene -- COMMAND  what its lines take of CPU and memory, live (scalene)
  cockpit mem open FILE       what a capture of memray holds; also attach, flamegraph
  cockpit doctor              what of all this works here, and what to do where it does not
  cockpit baseline write      keep what is found now in a file, so that only what is new counts
  cockpit trust               let it run the ruff of this project's own .venv, not cockpit's
  cockpit keys                list what keys do on the screen, by the names to rebind them

`cockpit COMMAND --help` says more of each.
"""
_CHECK = """\
Check once and print what the tools' own commands would print, finding for finding.

exit status:
  0   nothing found (or nothing at or above --fail-on)
  1   findings
  2   a tool failed or could not read a file, or the command line or the settings are wrong

with --verify:
  0   no difference: what a tool cannot read, cockpit does not read either
  1   a difference, be it only that one of the two could read a file
  2   a tool's command gave nothing to compare, or the command line or the settings are wrong
"""
_BASELINE = """\
Keep the findings that are there now in cockpit-baseline.txt, in the project's root, to be
committed: for `cockpit check --new` and the screen only what came since is new. The file is sorted,
holds no line numbers and no absolute paths, and two branches' merge as the union of their lines.

  cockpit baseline write      write what is found now
  cockpit baseline show       list what it holds, and whether each is still there
  cockpit baseline prune      drop what is no longer there; nothing is added

The tools look at the whole project. With PATHs only the entries of these are written, shown or
dropped, with --only or --skip only those of these tools: the rest of the file stays as it is.
"""
_TOP = """\
Show where a running Python process spends its time, live: py-spy samples it a hundred times a
second without stopping it. Beside it the screen has everything else that `cockpit` shows.

  cockpit top                         choose one of the Python processes there are
  cockpit top 4711                    that process
  cockpit top -- python app.py args   start a program, which ends when cockpit does

Who may look into which process, and what to do where you may not: docs/profiling.md.
"""
_RECORD = """\
Sample a running Python process, or a program that is started for it, and write what was seen. It
ends with the time, with the process, or with ctrl-c, and then the file is written.

  cockpit record 4711 -o profile.svg --duration 30
  cockpit record -o profile.speedscope.json -- python app.py args

formats, and the endings of names that mean them:
  flamegraph   .svg               py-spy's own page, to be opened in a browser
  speedscope   .speedscope.json   for https://www.speedscope.app
  raw          .raw, .txt         a line a stack, for flamegraph.pl and its kin
  json         .json              all that is known; `=` on cockpit's CPU page compares two
"""
_MEM = """\
Show what holds the memory of a Python program: memray tracks every allocation with its stack.

  cockpit mem run -- python app.py args   run a program, see its heap live, and keep a capture
  cockpit mem attach 4711                 track a process that runs, after a rehearsal on a child
  cockpit mem open FILE                   the captures of memray, wherever they lie
  cockpit mem flamegraph FILE             memray's page, in the browser or served to one

What each costs, and what it does to a process: docs/memory.md.
"""
_SCALENE = """\
Run a Python program under scalene, and see what its lines take of CPU and memory, renewed every
second: in Python, in native code, in the system, and what is copied. It knows no stacks; memray
does (`cockpit mem run`). scalene has to be installed where the program's Python is.

  cockpit scalene -- script.py args
  cockpit scalene --cpu-only -- python -m package
"""
_DOCTOR = """\
Tell what works on this machine and for this project: the tools and where they come from, who may
look into which process, debuggers, browser, editor, terminal, and the folders that cockpit keeps.
No code of the project is run unless it is trusted.

exit status:
  0   the project can be checked
  1   something that this needs is missing
  2   the command line is wrong
"""
_KEYS = """\
List what keys do on the screen: a name, its keys, and what they do, a line each. Another key is
given by that name in your own settings file (config.toml):

  [keys]
  "pane.filter" = "ctrl+f"
  "page.rerun" = "r,f5"
"""
_TRUST = """\
Say that this project's own tools may be run. cockpit then prefers the ruff in the project's virtual
environment (.venv, venv or env) to the one it brings. The answer is kept in your own state folder
(COCKPIT_STATE_DIR overrides it), never in the project; without it nothing of a project is run.
"""
_EXAMPLES = """\
examples:
  cockpit check                         everything
  cockpit check src tests/test_api.py   only these
  cockpit check --only ruff,bandit      only these tools
  cockpit check --format json           for programs; the contract is in docs/usage.md
  cockpit check --explain vulture       the vulture command that gives the same findings
  cockpit check --verify                run the tools' own commands and compare
"""


class _ScreenParser(argparse.ArgumentParser):
    """A parser whose help ends with the folders of whoever asks for it."""

    def format_help(self) -> str:
        """Return the help; only here the folders are looked up, which takes 15 ms."""
        self.epilog = _settings_and_folders()
        return super().format_help()


def _parser(
    prog: str, description: str, epilog: str = "", usage: str | None = None
) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=prog,
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def screen_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit` without a command."""
    parser = _ScreenParser(
        prog="cockpit",
        description=_OVERVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _what_arguments(parser)
    parser.add_argument("--version", action="version", version=f"cockpit {__version__}")
    return parser


def _settings_and_folders() -> str:
    from cockpit import places

    kept = {
        "COCKPIT_CONFIG_DIR": (places.user_settings_file().parent, "config.toml"),
        "COCKPIT_DATA_DIR": (places.data_folder(), "what you dismissed, recordings"),
        "COCKPIT_STATE_DIR": (places.state_folder(), "whom you trust, where you left each project"),
        "COCKPIT_CACHE_DIR": (
            places.cache_folder(),
            "the tools' answers, what ran; it can be deleted",
        ),
    }
    width = max(len(str(folder)) for folder, _ in kept.values())
    rows = (f"  {name:<18}  {folder!s:<{width}}  {what}" for name, (folder, what) in kept.items())
    return "\n".join(
        (
            "Settings: [tool.cockpit] in pyproject.toml, and your own config.toml (see below).",
            "The tools read their own sections as they always do.",
            "",
            "What is yours lies in four folders, never in a project; a variable moves each:",
            *(row.encode("utf-8", "backslashreplace").decode() for row in rows),
        )
    )


def check_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit check`."""
    parser = _parser("cockpit check", _CHECK, _EXAMPLES)
    _what_arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", default="", help="write there, not to stdout")
    parser.add_argument(
        "--fail-on",
        choices=("high", "medium", "low", "never"),
        default="",
        help="least severity that makes the exit status 1 (default: the settings' fail-on, or low)",
    )
    parser.add_argument(
        "--new", action="store_true", help="only what was not there at the base; see --base"
    )
    parser.add_argument(
        "--base",
        metavar="REV",
        default=None,
        help="compare with a git revision or `baseline` (default: the settings' base, or the "
        "baseline file, else where the branch left the default branch, else the last commit); "
        "implies --new",
    )
    only_one = parser.add_mutually_exclusive_group()
    only_one.add_argument(
        "--explain", metavar="TOOL", default="", help="print the tool's own command that is equal"
    )
    only_one.add_argument(
        "--verify",
        metavar="TOOL",
        nargs="?",
        const="",
        default=None,
        help="run the tool's own command (all tools' without TOOL) and compare every finding",
    )
    return parser


def watch_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit watch`."""
    description = "Check everything, then print one line for every change, until ctrl-c."
    parser = _parser("cockpit watch", description)
    _what_arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    return parser


def baseline_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit baseline`."""
    parser = _parser("cockpit baseline", _BASELINE)
    actions = parser.add_subparsers(dest="action", metavar="write|show|prune", required=True)
    for action in ("write", "show", "prune"):
        one = actions.add_parser(action, allow_abbrev=False)
        one.add_argument("paths", nargs="*", metavar="PATH", help="files or folders of one project")
        _tool_arguments(one)
    actions.choices["write"].add_argument(
        "--force", action="store_true", help="also where a tool failed or could not read a file"
    )
    actions.choices["show"].add_argument(
        "--format", choices=("text", "json"), default="text", help="default: text"
    )
    return parser


def top_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit top`, for what stands before `--`."""
    parser = _parser("cockpit top", _TOP, usage="cockpit top [options] [PID | -- COMMAND ...]")
    _sampling_arguments(parser)
    parser.add_argument(
        "--interval",
        type=_seconds,
        default=1.0,
        metavar="S",
        help="seconds between two pictures, 0.5 to 10 (default: 1)",
    )
    return parser


def record_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit record`, for what stands before `--`."""
    usage = "cockpit record [options] -o FILE (PID | -- COMMAND ...)"
    parser = _parser("cockpit record", _RECORD, usage=usage)
    _sampling_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="where to write it")
    parser.add_argument(
        "--format",
        choices=("flamegraph", "speedscope", "raw", "json"),
        default="",
        help="default: what the file's name ends like",
    )
    parser.add_argument(
        "--duration",
        type=_seconds,
        default=None,
        metavar="S",
        help="seconds (default: until the process ends, or ctrl-c)",
    )
    return parser


def _sampling_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pid", nargs="?", type=_pid, metavar="PID", help="a running process")
    parser.add_argument(
        "--rate", type=_rate, default=100, metavar="N", help="samples a second (default: 100)"
    )
    parser.add_argument("--idle", action="store_true", help="count threads that wait, too")
    parser.add_argument("--subprocesses", action="store_true", help="sample its children, too")
    parser.add_argument(
        "--precise",
        action="store_true",
        help="stop it for every sample: no stack is torn, but it runs slower",
    )
    parser.add_argument(
        "--native", action="store_true", help="show functions in C; it has to stop it, too"
    )


def _pid(text: str) -> int:
    pid = int(text)
    if not 0 < pid < 1 << 31:
        raise ValueError
    return pid


_pid.__name__ = "PID"  # argparse says it in its error


def _rate(text: str) -> int:
    rate = int(text)
    if not 1 <= rate <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 1000 samples a second")
    return rate


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds to sample for")
    return seconds


def _whole_seconds(text: str) -> int:
    seconds = int(text)
    if not 1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 second and a day")
    return seconds


_whole_seconds.__name__ = "whole number of seconds"
_rate.__name__, _seconds.__name__ = "number of samples", "number of seconds"


def mem_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit mem`, for what stands before `--`."""
    parser = _parser("cockpit mem", _MEM)
    actions = parser.add_subparsers(
        dest="action", metavar="run|attach|open|flamegraph", required=True
    )
    run = actions.add_parser(
        "run", allow_abbrev=False, usage="cockpit mem run [options] -- COMMAND ..."
    )
    attach = actions.add_parser("attach", allow_abbrev=False)
    attach.add_argument("pid", type=_pid, metavar="PID", help="a running process")
    attach.add_argument(
        "--seconds",
        type=_whole_seconds,
        default=60,
        metavar="N",
        help="how long it is tracked (default: 60); it cannot be ended before",
    )
    for one in (run, attach):
        _tracking_arguments(one)
    run.add_argument("--no-live", action="store_true", help="no live view, only the capture")
    opens = actions.add_parser("open", allow_abbrev=False)
    opens.add_argument("file", metavar="FILE", help="a capture (.bin)")
    page = actions.add_parser("flamegraph", allow_abbrev=False)
    page.add_argument("file", metavar="FILE", help="a capture (.bin)")
    kinds = page.add_mutually_exclusive_group()
    for kind, words in _PAGES.items():
        kinds.add_argument(
            f"--{kind}", action="store_const", const=kind, dest="kind", help=words, default=None
        )
    page.add_argument("-o", "--output", metavar="FILE", default="", help="write it there")
    page.add_argument("--no-open", action="store_true", help="make it, and print where it is")
    return parser


#: The pages of `cockpit mem flamegraph` other than the flame graph of the peak.
_PAGES = {
    "leaks": "what was never freed",
    "temporary": "what was freed at once",
    "temporal": "over time; a range can be chosen",
    "inverted": "from what allocated to who called it",
    "threads": "each thread by itself",
    "table": "a table in place of a graph",
    "table-leaks": "a table of what was never freed",
}


def _tracking_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--native", action="store_true", help="functions in C, too")
    parser.add_argument("--aggregate", action="store_true", help="a small file, not live")
    parser.add_argument("--follow-fork", action="store_true", help="forked processes, too")
    parser.add_argument(
        "--trace-python-allocators", action="store_true", help="each object of Python's own pools"
    )


def scalene_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit scalene`, for what stands before `--`."""
    usage = "cockpit scalene [options] -- COMMAND ..."
    parser = _parser("cockpit scalene", _SCALENE, usage=usage)
    parser.add_argument("--cpu-only", action="store_true", help="no memory: 1.3 times the CPU time")
    return parser


def doctor_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit doctor`."""
    parser = _parser("cockpit doctor", _DOCTOR)
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument(
        "--attach",
        action="store_true",
        help="try each debugger on a child of cockpit's own; it takes some 5 s",
    )
    return parser


def trust_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit trust`."""
    parser = _parser("cockpit trust", _TRUST)
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project")
    parser.add_argument("--revoke", action="store_true", help="take it back")
    return parser


def _what_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files or folders; of several projects each goes by its own settings",
    )
    _tool_arguments(parser)


def _tool_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", metavar="TOOL", action="append", default=[], help="run only these (a,b or twice)"
    )
    parser.add_argument(
        "--skip", metavar="TOOL", action="append", default=[], help="run all but these"
    )


def keys_parser() -> argparse.ArgumentParser:
    """Return the parser of `cockpit keys`."""
    return _parser("cockpit keys", _KEYS)
