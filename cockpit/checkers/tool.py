"""What the tools' own packages and commands have in common; knows none of them."""

import importlib.metadata
import sys

from cockpit.checkers.interface import Completed
from cockpit.errors import CheckerError


def installed_version(distribution: str) -> str:
    """Return the version of `distribution`; raise `CheckerError` where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise CheckerError(
            f"{distribution} is not installed where cockpit runs",
            f"Reinstall cockpit, or install {distribution} beside it.",
        ) from error


def readme(distribution: str) -> str:
    """Return the description that `distribution` was published with; empty where it has none."""
    try:
        text = importlib.metadata.metadata(distribution).json.get("description", "")
    except importlib.metadata.PackageNotFoundError:
        return ""
    return text if isinstance(text, str) else ""


def section(text: str, heading: str) -> str:
    """Return what stands under `heading` (without its `#`) in the Markdown `text`."""
    kept: list[str] = []
    level = 0
    for line in text.splitlines():
        marks = len(line) - len(line.lstrip("#"))
        if level and 0 < marks <= level and line[marks:].startswith(" "):
            break
        if level:
            kept.append(line)
        elif marks and line[marks:].strip() == heading:
            level = marks
    return "\n".join(kept).strip()


def console_command(module: str, function: str = "main") -> tuple[str, ...]:
    """Return the start of a command that runs the very version of a tool that we import.

    It is the body of the tool's own console script. Not `-m`: that stands deeper in the stack,
    so that code nested to the limit fails earlier than under the command that people type.
    `-P`: without it Python imports from the current directory first, and a project could put its
    own code in the tool's place. `-X utf8`: paths are written as the bytes they are.
    """
    body = f"import sys; from {module} import {function}; sys.exit({function}())"
    return sys.executable, "-P", "-X", "utf8", "-W", "ignore", "-c", body


def printed(stream: bytes) -> str:
    """Return what a tool wrote to `stream`; bytes that are not UTF-8 as in paths."""
    return stream.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def demand_answer(tool: str, completed: Completed, answers: tuple[int, ...]) -> None:
    """Raise `CheckerError` unless `tool` ended with one of `answers` and without a traceback."""
    words = printed(completed.errors).strip()
    last = words.rsplit("\n", 1)[-1].encode("utf-8", "backslashreplace").decode()
    if completed.code < 0:
        raise CheckerError(f"{tool} was killed by signal {-completed.code}", words=words)
    if "Traceback (most recent call last)" in words:
        raise CheckerError(f"{tool} crashed: {last}", words=words)
    if completed.code not in answers:
        raise CheckerError(f"{tool} ended with exit code {completed.code}: {last}", words=words)
