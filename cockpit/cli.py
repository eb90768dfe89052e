"""The command line: runs the command that the arguments ask for, turns errors into one sentence.

Nothing heavy is imported here: `cockpit --version` answers before a checker could be loaded.
"""

import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from cockpit import arguments as known
from cockpit.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from types import FrameType

    from cockpit.profilers.pyspy import Options

#: How a write ends for which there is no room.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run `cockpit` with `argv` (default: the process's) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if sys.stdout is None:  # started with it closed (`>&-`): the exit code still tells
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    try:
        if sys.platform.startswith("win"):  # not `==`: a type checker would stop reading here
            raise CockpitError("cockpit does not run on Windows yet", "Run it in WSL.")
        return _dispatch(arguments)
    except CockpitError as error:
        _say(error)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to tell, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except OSError as error:
        if error.errno not in _FULL:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say(CockpitError(f"the output could not be written: {error.strerror}"))
        return 2


def _dispatch(arguments: list[str]) -> int:
    commands = {
        "check": _check,
        "watch": _watch,
        "top": _top,
        "record": _record,
        "mem": _mem,
        "scalene": _scalene,
        "doctor": _doctor,
        "baseline": _baseline,
        "trust": _trust,
        "keys": _keys,
    }
    if arguments and arguments[0] in commands:
        return commands[arguments[0]](arguments[1:])
    if arguments == ["help"] and not os.path.lexists("help"):
        arguments = ["--help"]
    return _screen(arguments)


def _check(arguments: "Sequence[str]") -> int:
    options = known.check_parser().parse_args(arguments)
    from cockpit import headless  # 0.1 s: not for --help and --version
    from cockpit.checkers.registry import names
    from cockpit.session import request_of, split

    verify = None if options.verify is None else split([options.verify])
    if verify and not set(verify) <= set(names()) and os.path.lexists(options.verify):
        # argparse cannot know that `--verify src` means a folder, and no tool.
        options.paths.insert(0, options.verify)
        verify = ()
    return _run(
        headless.check(
            request_of(options.paths, options.only, options.skip),
            headless.CheckOptions(
                format=options.format,
                output=options.output,
                fail_on=options.fail_on,
                explain=options.explain,
                verify=verify,
                new=options.new or options.base is not None,
                base=options.base,
            ),
        )
    )


def _watch(arguments: "Sequence[str]") -> int:
    options = known.watch_parser().parse_args(arguments)
    from cockpit import headless
    from cockpit.session import request_of

    request = request_of(options.paths, options.only, options.skip)
    return _run(headless.watch(request, headless.CheckOptions(format=options.format)))


def _top(arguments: "Sequence[str]") -> int:
    before, command = _split_at_dashes(arguments)
    options = known.top_parser().parse_args(before)
    _one_of(options.pid, command)
    _need_a_terminal("Use `cockpit record` to sample without a screen.")
    from cockpit.profilers import launch, target
    from cockpit.session import request_of
    from cockpit.ui import start

    if options.pid is not None:  # where there is none, it is said before there is a screen
        target.pin(options.pid)
    elif command:
        launch.program_of(command)
    top = start.Top(options.pid, command, _sampling(options, min(max(options.interval, 0.5), 10)))
    return _on_screen(lambda: start.main(request_of(()), top))


def _record(arguments: "Sequence[str]") -> int:
    before, command = _split_at_dashes(arguments)
    parser = known.record_parser()
    options = parser.parse_args(before)
    _one_of(options.pid, command)
    if options.pid is None and not command:
        parser.error("name a PID, or a command after --")
    from cockpit import record

    return _run(
        record.record(
            record.RecordOptions(
                output=options.output,
                pid=options.pid,
                command=command,
                format=options.format,
                duration=options.duration,
                sampling=_sampling(options, record.WINDOW),
            )
        )
    )


def _mem(arguments: "Sequence[str]") -> int:
    before, command = _split_at_dashes(arguments)
    parser = known.mem_parser()
    options = parser.parse_args(before)
    if (options.action == "run") != bool(command):
        parser.error("name a command after --" if options.action == "run" else "-- is for `run`")
    if options.action == "flamegraph":
        return _flamegraph(options)
    _need_a_terminal("`memray run` writes a capture without a screen.")
    from cockpit.session import request_of
    from cockpit.ui import start

    mem = start.Mem(command, getattr(options, "pid", None), getattr(options, "file", ""))
    if options.action == "run":
        from cockpit.memory import command as under

        under.program(command)
    elif options.action == "attach":
        from cockpit.profilers import target

        target.pin(options.pid)
    elif not os.path.isfile(options.file):  # noqa: PTH113 -- it may hold what no `Path` can
        raise CockpitError(f"there is no file {options.file}", "Name a capture of memray (.bin).")
    if options.action != "open":
        mem = start.with_options(mem, options)
    return _on_screen(lambda: start.main(request_of(()), mem))


def _scalene(arguments: "Sequence[str]") -> int:
    before, command = _split_at_dashes(arguments)
    parser = known.scalene_parser()
    options = parser.parse_args(before)
    if not command:
        parser.error("name a command after --")
    _need_a_terminal("`scalene run` measures without a screen.")
    from cockpit.memory.scalene import command as under
    from cockpit.session import request_of
    from cockpit.ui import start

    if command[0].endswith(".py") and not os.access(command[0], os.X_OK):
        command = (sys.executable, *command)
    under.program(command)
    how = start.by_scalene(options.cpu_only)
    return _on_screen(lambda: start.main(request_of(()), start.Mem(command, how=how)))


def _doctor(arguments: "Sequence[str]") -> int:
    options = known.doctor_parser().parse_args(arguments)
    from pathlib import Path

    from cockpit.doctor.command import doctor

    folder = Path(options.path)
    if not folder.is_dir():
        raise UsageError(f"there is no folder {options.path}", "Name a project's folder.")
    return _run(doctor(folder.absolute(), options.format, options.attach))


def _flamegraph(options: Any) -> int:
    from cockpit.memory.flamegraph_command import FlamegraphOptions, flamegraph
    from cockpit.ui.browser import way_here

    wanted = FlamegraphOptions(
        options.file, options.kind or "flamegraph", options.output, not options.no_open
    )
    return _run(flamegraph(wanted, way_here))


def _split_at_dashes(arguments: "Sequence[str]") -> "tuple[Sequence[str], tuple[str, ...]]":
    """Return what stands before `--`, and the command after it."""
    if "--" not in arguments:
        return arguments, ()
    at = list(arguments).index("--")
    if not arguments[at + 1 :]:
        raise CockpitError("there is no command after --", "Write the program to start after it.")
    return arguments[:at], tuple(arguments[at + 1 :])


def _one_of(pid: int | None, command: "Sequence[str]") -> None:
    if pid is not None and command:
        raise CockpitError("both a PID and a command were named", "Name one of the two.")


def _sampling(options: Any, seconds: float) -> "Options":
    from cockpit.profilers.pyspy import Options

    return Options(
        seconds=seconds,
        rate=options.rate,
        precise=options.precise,
        native=options.native,
        idle=options.idle,
        children=options.subprocesses,
    )


def _baseline(arguments: "Sequence[str]") -> int:
    options = known.baseline_parser().parse_args(arguments)
    from cockpit import baseline_command as command
    from cockpit.session import request_of

    request = request_of(options.paths, options.only, options.skip)
    if options.action == "write":
        return _run(command.write_baseline(request, force=options.force))
    if options.action == "show":
        return _run(command.show_baseline(request, options.format))
    return _run(command.prune_baseline(request))


def _keys(arguments: "Sequence[str]") -> int:
    known.keys_parser().parse_args(arguments)
    from cockpit.config import own_keys
    from cockpit.places import user_settings_file
    from cockpit.ui.keymap import listing, understood

    own, mistakes = understood(own_keys(user_settings_file()))
    sys.stdout.write(listing(own))
    for mistake in mistakes:
        sys.stderr.write(f"note: {mistake}\n")
    return 0


def _trust(arguments: "Sequence[str]") -> int:
    options = known.trust_parser().parse_args(arguments)
    from pathlib import Path

    from cockpit import trust
    from cockpit.environment import own_program
    from cockpit.places import state_folder
    from cockpit.plain import plain
    from cockpit.project import locate

    root, _ = locate([options.path], Path.cwd())
    shown = plain(str(root))
    if options.revoke:
        was = trust.distrust(state_folder(), root)
        words = f"{shown} is no longer trusted." if was else f"{shown} was not trusted."
    else:
        trust.trust(state_folder(), root)
        own = own_program(root, "ruff")
        does = f"its own {own} is run from now on." if own else "it has no ruff of its own (.venv)."
        words = f"{shown} is trusted: {does} `cockpit trust --revoke` takes it back."
    sys.stdout.write(words.encode("utf-8", "backslashreplace").decode() + "\n")
    return 0


def _screen(arguments: "Sequence[str]") -> int:
    options = known.screen_parser().parse_args(arguments)
    _guess_command(options.paths)
    _need_a_terminal(
        "Use `cockpit check` to print the findings, or `cockpit watch` to follow changes."
    )
    from cockpit.session import request_of
    from cockpit.ui import start

    request = request_of(options.paths, options.only, options.skip)
    return _on_screen(lambda: start.main(request))


def _need_a_terminal(hint: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise CockpitError(
            "cockpit draws on a terminal, and there is none here that could show it", hint
        )


def _on_screen(show: "Callable[[], int]") -> int:
    """Show the screen, and return the exit code: that of the signal where one ended it."""
    received = _as_interrupts()
    try:
        code = show()
    except KeyboardInterrupt:
        if not received:
            raise
    return 128 + received[0] if received else code


def _as_interrupts() -> list[int]:
    """Have a request to end taken as ctrl-c until the screen listens to it; return a log of them.

    Between the first byte to the terminal and that moment the default would end us at once, and
    leave the terminal on its other screen. asyncio turns an interrupt into an orderly end.
    """
    received: list[int] = []

    def interrupt(number: int, _frame: "FrameType | None") -> None:
        received.append(number)
        if os.isatty(0):
            signal.raise_signal(signal.SIGINT)
        else:  # the terminal was closed: there is nothing to restore, and writing there may hang
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    if os.name == "posix":
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupt)
    return received


def _guess_command(paths: "Sequence[str]") -> None:
    """Raise where the first of `paths` is not there and looks like a command misspelt."""
    if paths and not os.path.lexists(paths[0]):
        import difflib

        commands = (
            "check",
            "watch",
            "top",
            "record",
            "mem",
            "scalene",
            "doctor",
            "baseline",
            "trust",
            "keys",
        )
        near = difflib.get_close_matches(paths[0], commands, n=1)
        if near:
            raise CockpitError(
                f"there is no file, folder or command {paths[0]}", f"Did you mean {near[0]}?"
            )


def _run(main: "Coroutine[Any, Any, int]") -> int:
    """Run a command; a signal that asks to end cancels it, so that its children end first."""
    import asyncio

    async def supervised() -> int:
        main_task = asyncio.ensure_future(main)
        received: list[int] = []

        def end(number: int) -> None:
            received.append(number)
            main_task.cancel()

        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and os.name == "posix":
                loop.add_signal_handler(number, end, number)
        try:
            return await main_task
        except asyncio.CancelledError:
            if not received:
                raise
            return 128 + received[0]

    return asyncio.run(supervised())


def _say(error: CockpitError) -> None:
    from cockpit.plain import plain

    text = f"cockpit: {plain(error.message)}"
    if error.hint:
        text += f"\n         {plain(error.hint)}"
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
