"""Dead code, by vulture: the far half, which runs vulture's own code on one file's bytes.

Imported in worker processes only. Reads no file but `pyproject.toml`.
"""

import ast
import contextlib
import difflib
import io
import pkgutil
import re
import tempfile
import tokenize
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import vulture.config
import vulture.core
import vulture.utils

from cockpit import identity
from cockpit.checkers.interface import RuleDoc, Source
from cockpit.checkers.recursion import same_depth
from cockpit.checkers.tool import readme, section
from cockpit.checkers.vulture import Place, excluded
from cockpit.checkers.vulture_facts import (
    CODES,
    UNREACHABLE,
    UNREAD,
    Definition,
    FactOptions,
    Facts,
    Options,
    facts_of,
)
from cockpit.errors import CheckerError

#: Where `Vulture.scavenge` calls `scan`: script, `main`, `scavenge`.
_COMMAND_DEPTH = 3
#: A name further to the right is not looked for: a line may have megabytes.
_SEARCHED = 10_000
_SAID = re.compile(r"file:(?:(?P<line>\d+|None):)? (?P<message>.*)", re.DOTALL)


class _Scanner(vulture.core.Vulture):  # type: ignore[misc]
    """vulture's own visitor: it is told where the file lies, and what it says is kept."""

    def __init__(self, place: Place, options: FactOptions) -> None:
        self._place = place
        self.said: list[str] = []
        self.tree: ast.Module | None = None
        super().__init__(
            ignore_names=list(options.ignore_names),
            ignore_decorators=list(options.ignore_decorators),
        )

    @property
    def filename(self) -> Place:
        return self._place

    @filename.setter
    def filename(self, path: Path) -> None:
        """Keep the place: `scan` can only be given a path of this machine."""

    def visit_Module(self, node: ast.Module) -> None:  # noqa: N802 - as `ast` names it
        """Keep the tree; vulture comes here after everything else, and has no such method."""
        self.tree = node

    def _log(self, *args: object, file: object = None, force: bool = False) -> None:  # noqa: ARG002
        if force:
            self.said.append(" ".join(map(str, args)))


def scan(source: Source, options: FactOptions) -> Facts:
    """Return what `source` defines and uses."""
    try:
        code = _decode(source.content)
    except (SyntaxError, UnicodeDecodeError) as error:
        return _unread(error)
    name = source.path.rsplit(b"/", 1)[-1].decode("utf-8", "surrogateescape")
    place = Place(name, source.resolved.decode("utf-8", "surrogateescape"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scanner = _scanned(code, place, options)
        if scanner.said:
            with _on_disk(source.content) as place.shown:
                scanner = _scanned(code, place, options)
        if scanner.tree:
            # Of the same code as `Source.tree` would be: half of the time is saved.
            vars(source).setdefault("tree", scanner.tree)
        defined = sorted(_definitions(scanner, source), key=lambda item: (item.line, item.column))
    # vulture also collects what is no string.
    used = (name for name in scanner.used_names if isinstance(name, str))
    line, said = _error(scanner.said)
    return facts_of(defined, used, said, line)


def _scanned(code: str, place: Place, options: FactOptions) -> _Scanner:
    scanner = _Scanner(place, options)
    with same_depth(_COMMAND_DEPTH):
        scanner.scan(code, filename="file")
    return scanner


@contextlib.contextmanager
def _on_disk(content: bytes) -> Iterator[str]:
    """Yield the name of a file that holds `content`, or an empty one where there can be none.

    Python quotes the line of a syntax error from the file, if it can. Without the file it quotes
    what its tokenizer holds: more than the line, where a string of many lines goes before.
    """
    with contextlib.ExitStack() as stack:
        name = ""
        with contextlib.suppress(OSError):
            file = stack.enter_context(tempfile.NamedTemporaryFile())
            file.write(content)
            file.flush()
            name = file.name
        yield name


def _decode(content: bytes) -> str:
    """Decode as `vulture.utils.read_file` does, which opens the file with `tokenize.open`."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return io.TextIOWrapper(io.BytesIO(content), encoding, line_buffering=True).read()


def _unread(error: SyntaxError | UnicodeDecodeError) -> Facts:
    line = 0
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
    reason = _utf8(error.msg if isinstance(error, SyntaxError) else str(error))
    return Facts(error=f"{UNREAD}: {reason}; try to change the encoding to UTF-8", line=line)


def _error(said: list[str]) -> tuple[int, str]:
    """Return line and words of what vulture printed, without the name that we gave the file."""
    if not said:
        return 0, ""
    match = _SAID.fullmatch(said[0])
    if not match:
        return 0, _utf8(said[0])
    line = match["line"]
    return int(line) if line and line.isdigit() else 0, _utf8(match["message"])


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _definitions(scanner: _Scanner, source: Source) -> Iterator[Definition]:
    """Yield all that was defined, once each, as the sets in vulture's report hold it."""
    owners = _owners(source)
    for items in (
        scanner.defined_attrs,
        scanner.defined_classes,
        scanner.defined_funcs,
        scanner.defined_imports,
        scanner.defined_methods,
        scanner.defined_props,
        scanner.defined_vars,
    ):
        # Of equals a set keeps the first; two are equal to vulture by file, line and name.
        unique = {(item.first_lineno, item.name): item for item in reversed(items)}
        for item in unique.values():
            yield _definition(item, source.lines, owners)
    for item in scanner.unreachable_code:
        yield _definition(item, source.lines, owners)


def _definition(item: Any, lines: list[str], owners: list[str]) -> Definition:
    line, end_line = item.first_lineno, item.last_lineno
    text = lines[line - 1] if line <= len(lines) else ""
    symbol = owners[line] if line < len(owners) else ""
    usual = item.message == f"unused {item.typ} '{item.name}'"
    return Definition(
        item.name,
        item.typ,
        line,
        end_line,
        _column(text, "" if item.typ == UNREACHABLE else item.name),
        len(lines[end_line - 1]) + 1 if end_line <= len(lines) else 1,
        item.confidence,
        "" if usual else item.message,
        symbol,
        identity.base(CODES[item.typ], symbol, f"{item.typ} {item.name}"),
    )


def _owners(source: Source) -> list[str]:
    """Return for each line (from 1) the qualified name of the innermost scope that holds it."""
    owners = [""] * (len(source.lines) + 2)
    for scope in source.scopes:  # inner ones come later
        owners[scope.first : scope.last + 1] = [scope.name] * (scope.last + 1 - scope.first)
    return owners


def _column(line: str, name: str) -> int:
    """Return where the word `name` stands in `line`, else where its code begins; 1-based."""
    start = line.find(name, 0, _SEARCHED) if name else -1
    while start >= 0:
        around = line[max(start - 1, 0) : start] + line[start + len(name) : start + len(name) + 1]
        if not any(character.isalnum() or character == "_" for character in around):
            return start + 1
        start = line.find(name, start + 1, _SEARCHED)
    return len(line) - len(line.lstrip()) + 1


def resolve(root: Path) -> tuple[FactOptions, Options]:
    """Read `[tool.vulture]` as vulture does in `root`."""
    config = _config(root)
    for key in ("paths", "exclude", "ignore_names", "ignore_decorators"):
        if not all(isinstance(value, str) for value in config[key]):
            raise _refused(f"{key} must be a list of strings")
    if not 0 <= config["min_confidence"] <= 100:
        raise _refused("min_confidence must be between 0 and 100.")
    for path in config["paths"]:
        place = (root / path).resolve()
        if place.is_file() and place.suffix == ".pyc":
            raise _refused(f"*.pyc files are not supported: {path}")
        if not place.is_file() and not place.is_dir():
            raise _refused(f"{path} could not be found.")
    options = FactOptions(tuple(config["ignore_names"]), tuple(config["ignore_decorators"]))
    return options, Options(
        exclude=tuple(config["exclude"]),
        paths=tuple(config["paths"]),
        min_confidence=config["min_confidence"],
        make_whitelist=config["make_whitelist"],
        verbose=config["verbose"],
        whitelists=_whitelists(tuple(config["exclude"])),
    )


def _config(root: Path) -> dict[str, Any]:
    """Return vulture's own configuration; its `paths` are empty where the project names none."""
    argv = ["--config", str(root / "pyproject.toml")]
    silence = io.StringIO()
    try:
        with contextlib.redirect_stdout(silence):
            # Without paths vulture refuses to start; with some it does not read the project's.
            config: dict[str, Any] = vulture.config.make_config([*argv, "."])
            try:
                config["paths"] = vulture.config.make_config(argv)["paths"]
            except vulture.config.InputError:
                config["paths"] = []
    except vulture.config.InputError as error:
        raise _refused(error.message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CheckerError(
            f"vulture cannot read pyproject.toml: {error}", "Mend the file; it is not valid TOML."
        ) from error
    except OSError as error:
        raise CheckerError(
            f"vulture cannot read pyproject.toml: {error.strerror}", "Check its permissions."
        ) from error
    except AttributeError as error:
        raise _refused("[tool.vulture] is not a table") from error
    return config


def _refused(words: str) -> CheckerError:
    hint = "Correct [tool.vulture] in pyproject.toml."
    unknown = re.fullmatch(r"Unknown configuration key: (.+)", words, re.DOTALL)
    if unknown:
        known = sorted(vulture.config.DEFAULTS.keys() - {"config"})
        near = difflib.get_close_matches(unknown[1].replace("-", "_"), known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"It knows: {', '.join(known)}."
    return CheckerError(f"vulture refuses its settings: {words}", hint, words)


def _whitelists(exclude: tuple[str, ...]) -> dict[str, str]:
    """Return the names used by each whitelist that vulture brings, by the import it is for."""
    found = {}
    folder = Path(vulture.core.__file__).parent / "whitelists"
    for file in sorted(folder.glob("*_whitelist.py")):
        relative = f"whitelists/{file.name}"
        content = pkgutil.get_data("vulture", relative)
        if content is None or excluded(relative, exclude):
            continue
        path = relative.encode()
        facts = scan(Source(path, path, "", content), FactOptions())
        found[file.name.removesuffix("_whitelist.py")] = facts.used
    return found


#: What vulture's documentation says of a kind of dead code stands under these headings.
_SECTIONS = {
    "V104": ("Types of unused code", "Flake8 noqa comments", "Whitelists"),
    "V107": ("Types of unused code", "Marking unused variables", "Flake8 noqa comments"),
    "V201": ("Types of unused code", "Unreachable code"),
}
_USUAL_SECTIONS = ("Types of unused code", "Ignoring names", "Whitelists")


def document(rule: str) -> RuleDoc:
    """Return what vulture's own documentation says of `rule` and how to have it leave out code."""
    kind = next((kind for kind, code in CODES.items() if code == rule), "")
    if not kind:
        raise CheckerError(f"vulture has no rule {rule}", f"It has {', '.join(CODES.values())}.")
    name = "unreachable-code" if kind == UNREACHABLE else f"unused-{kind}"
    text = re.sub(r"<!--.*?-->\s*", "", readme("vulture"), flags=re.DOTALL)
    title = f"## {name.replace('-', ' ').capitalize()}"
    parts = [title, f"### How to suppress it\n\n{_suppression(rule)}"]
    for heading in _SECTIONS.get(rule, _USUAL_SECTIONS):
        words = section(text, heading)
        if words:
            parts.append(f"### {heading}\n\n{words}")
    return RuleDoc(rule, name, "\n\n".join(parts), "https://github.com/jendrikseipp/vulture#readme")


def _suppression(rule: str) -> str:
    if rule == "V201":
        return f"End its first line with `# noqa: {rule}`."
    return (
        f"End its line with `# noqa: {rule}`, or name it in `ignore_names` under "
        "`[tool.vulture]`, or use it in a whitelist file that is among vulture's `paths`."
    )
