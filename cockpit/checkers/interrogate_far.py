"""Missing docstrings, by interrogate: the far half, which runs its own code on one file's bytes.

Imported in worker processes only. Reads no file but interrogate's settings.
"""

import configparser
import contextlib
import functools
import io
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import interrogate.cli
import interrogate.config
import interrogate.coverage

from cockpit import identity
from cockpit.checkers.interface import RuleDoc, Source
from cockpit.checkers.interrogate_facts import KINDS, FactOptions, Facts, Missing, Options, below
from cockpit.checkers.recursion import depth, same_depth
from cockpit.errors import CheckerError

#: From the command's function down to the caller of `_get_file_coverage`.
_BELOW_MAIN = 2
#: A name further to the right is not looked for: a line may have megabytes.
_SEARCHED = 10_000
_NAMED = re.compile(r"\b(?:class|def)\s+(\w+)")


def scan(source: Source, options: FactOptions) -> Facts:
    """Return what `source` lacks."""
    coverage = _coverage(options)
    command_depth = _command_depth()
    with warnings.catch_warnings(), _served(source.content):
        warnings.simplefilter("ignore")
        try:
            with same_depth(command_depth):
                result = coverage._get_file_coverage("file.py")
        except (SyntaxError, ValueError) as error:
            return Facts(error=_words(error), line=_line(error))
    if not result:
        return Facts()
    nodes = [node for node in result.nodes if not node.covered]
    missing = [
        _missing(node, source)
        for node in sorted(nodes, key=lambda node: node.lineno or 0)
        if node.node_type != "Module" or not options.ignore_module
    ]
    return Facts(tuple(missing), result.total, result.covered, counted=True)


@functools.lru_cache(maxsize=8)
def _coverage(options: FactOptions) -> Any:
    regexes = {
        "ignore_regex": [re.compile(pattern) for pattern in options.ignore_regex],
        "include_regex": [re.compile(pattern) for pattern in options.include_regex],
    }
    values = {field: getattr(options, field) for field in options.__struct_fields__}
    config = interrogate.config.InterrogateConfig(**{**values, **regexes})
    return interrogate.coverage.InterrogateCoverage((), config)


@functools.cache
def _command_depth() -> int:
    """Return how deep `_get_file_coverage` is called from in interrogate's command.

    Most of what stands below it is click's, in whatever version is installed: measured on a
    command of the same make.
    """
    depths: list[int] = []

    @click.command()
    @click.pass_context
    def probe(_: click.Context) -> None:
        depths.append(depth())

    here = depth()
    probe([], prog_name="probe", standalone_mode=False)
    return 1 + depths[0] - here + _BELOW_MAIN


@contextlib.contextmanager
def _served(content: bytes) -> Iterator[None]:
    """While it holds, interrogate reads `content`, whatever file it opens."""

    def serve(_: str, encoding: str) -> io.TextIOWrapper:
        return io.TextIOWrapper(io.BytesIO(content), encoding=encoding)

    module: Any = interrogate.coverage
    module.open = serve
    try:
        yield
    finally:
        del module.open


def _words(error: SyntaxError | ValueError) -> str:
    reason = error.msg if isinstance(error, SyntaxError) else str(error)
    words = f"interrogate stops at this file: {type(error).__name__}: {reason}"
    return words.encode("utf-8", "backslashreplace").decode()


def _line(error: SyntaxError | ValueError) -> int:
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    if isinstance(error, UnicodeDecodeError):
        return error.object[: error.start].count(b"\n") + 1
    return 0


def _missing(node: Any, source: Source) -> Missing:
    kind, symbol = _kind(node), _symbol(node)
    line = node.lineno if symbol else 1
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    column, end_column = _columns(text, node.name) if symbol else (1, len(text) + 1)
    base = identity.base(f"missing-{kind}-docstring", symbol, symbol)
    return Missing(kind, line, column, end_column, symbol, base)


def _kind(node: Any) -> str:
    if node.node_type == "Module":
        return "module"
    if node.node_type == "ClassDef":
        return "class"
    return "method" if node.parent.node_type == "ClassDef" else "function"


def _symbol(node: Any) -> str:
    """Return the qualified name of `node`: empty for a module."""
    names: list[str] = []
    while node.node_type != "Module":
        names.append(node.name)
        node = node.parent
    return ".".join(reversed(names))


def _columns(line: str, name: str) -> tuple[int, int]:
    """Return where `name` is defined in `line`, else where the code is; 1-based, end exclusive."""
    for match in _NAMED.finditer(line, 0, _SEARCHED):
        if match[1] == name:
            return match.start(1) + 1, match.end(1) + 1
    return len(line) - len(line.lstrip()) + 1, len(line) + 1


def resolve(root: Path) -> tuple[FactOptions, Options, tuple[str, ...]]:
    """Read interrogate's settings as its command does in `root`; the third are their sources."""
    params = _params(root)
    _demand_sense(params)
    facts = FactOptions(
        docstring_style=params["style"],
        ignore_regex=_patterns(params["ignore_regex"]),
        include_regex=_patterns(params["whitelist_regex"]),
        ignore_magic=params["ignore_magic"],
        # A whitelist of names is of classes and functions: interrogate's `main` says so.
        ignore_module=params["ignore_module"] or bool(params["whitelist_regex"]),
        ignore_private=params["ignore_private"],
        ignore_semiprivate=params["ignore_semiprivate"],
        ignore_init_method=params["ignore_init_method"],
        ignore_nested_classes=params["ignore_nested_classes"],
        ignore_nested_functions=params["ignore_nested_functions"],
        ignore_overloaded_functions=params["ignore_overloaded_functions"],
        ignore_property_setters=params["ignore_setters"],
        ignore_property_decorators=params["ignore_property_decorators"],
    )
    badge = params["generate_badge"] is not None
    config = interrogate.config.find_project_config((str(root),)) or ""
    options = Options(
        fail_under=params["fail_under"],
        exclude=tuple(os.fsencode(path) for path in params["exclude"]),
        extensions=tuple(params["ext"]),
        ignore_init_module=params["ignore_init_module"],
        config=os.fsencode(config),
        mute=params["quiet"] or params["omit_covered_files"] or badge,
    )
    return facts, options, _sources(root)


def _params(root: Path) -> dict[str, Any]:
    """Return what click makes of the settings: interrogate's options by their Python names."""
    silence = io.StringIO()
    try:
        with (
            contextlib.chdir(root),  # what the settings exclude is relative to the folder
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
        ):
            context = interrogate.cli.main.make_context("interrogate", [str(root)])
            return dict(context.params)
    except click.FileError as error:
        said = error.message.removeprefix("Error reading configuration file: ")
        raise CheckerError(
            f"interrogate cannot read {Path(error.ui_filename).name}: {said}",
            "Mend the file, or make it readable.",
            error.format_message(),
        ) from error
    except click.ClickException as error:
        raise _refused(error.format_message()) from error
    except (click.exceptions.Exit, SystemExit) as error:
        raise _refused("they make it print its help or version, and stop") from error
    except re.error as error:
        raise _refused(f"{error.pattern!r} is not a regular expression: {error}") from error
    except (AttributeError, TypeError, ValueError, OSError, configparser.Error) as error:
        raise _refused(f"{type(error).__name__}: {error}") from error


def _demand_sense(params: dict[str, Any]) -> None:
    """Refuse what interrogate's `main` refuses before it begins."""
    for option in ("badge_format", "badge_style"):
        if params[option] is not None and params["generate_badge"] is None:
            flag = option.replace("_", "-")
            raise _refused(
                f"The `--{flag}` option must be used along with the `-g/--generate-badge option."
            )
    if params["style"] == "google" and params["ignore_init_method"]:
        raise _refused(
            "The `--ignore-init-method` flag is mutually exclusive with `--style google`."
        )
    try:
        below(100.0, params["fail_under"])
    except (ValueError, OverflowError) as error:
        raise _refused(f"fail-under cannot be {params['fail_under']}") from error


def _refused(words: str) -> CheckerError:
    words = words.encode("utf-8", "backslashreplace").decode()
    return CheckerError(
        f"interrogate refuses its settings: {words}",
        "Correct [tool.interrogate] in pyproject.toml, or [tool:interrogate] in setup.cfg.",
        words,
    )


def _patterns(compiled: list[re.Pattern[str]] | None) -> tuple[str, ...]:
    return tuple(regex.pattern for regex in compiled or ())


def _sources(root: Path) -> tuple[str, ...]:
    """Return the files that settings come from, or would if they were there.

    interrogate takes the nearest folder upwards that has a pyproject.toml or a repository.
    """
    root = root.resolve()
    last = Path(interrogate.config.find_project_root((str(root),)))
    found = ["pyproject.toml", "setup.cfg"]
    for folder in root.parents:
        if not folder.is_relative_to(last):
            break
        found.append(str(folder / "pyproject.toml"))
    if last != root:
        found.append(str(last / "setup.cfg"))
    return tuple(found)


#: The options that leave something out, for what they concern.
_OPTIONS = {
    "module": ("ignore_module", "ignore_init_module"),
    "class": ("ignore_nested_classes", "ignore_private", "ignore_semiprivate", "style"),
    "function": (
        "ignore_nested_functions",
        "ignore_private",
        "ignore_semiprivate",
        "ignore_overloaded_functions",
    ),
    "method": (
        "ignore_init_method",
        "ignore_magic",
        "ignore_private",
        "ignore_semiprivate",
        "ignore_property_decorators",
        "ignore_setters",
        "ignore_overloaded_functions",
        "style",
    ),
}
_OPTIONS_FOR_NAMES = ("ignore_regex", "whitelist_regex")


def document(rule: str) -> RuleDoc:
    """Return what `rule` is, and the options that leave things out, in interrogate's own words."""
    kind = rule.removeprefix("missing-").removesuffix("-docstring")
    if rule != f"missing-{kind}-docstring" or kind not in KINDS:
        known = ", ".join(f"missing-{kind}-docstring" for kind in KINDS)
        raise CheckerError(f"interrogate has no rule {rule}", f"It has {known}.")
    names = (*_OPTIONS[kind], *(() if kind == "module" else _OPTIONS_FOR_NAMES), "exclude")
    helps = {option.name: option for option in interrogate.cli.main.params}
    lines = [f"- `{name.replace('_', '-')}`: {_help(helps[name])}" for name in names]
    text = (
        f"## Missing {kind} docstring\n\n"
        f"interrogate counts every {kind}; this one has no docstring, or only a blank one.\n\n"
        "### How to suppress it\n\nNo comment does it: what interrogate shall leave out "
        "is said under `[tool.interrogate]` in pyproject.toml.\n\n" + "\n".join(lines)
    )
    return RuleDoc(rule, rule, text, "https://interrogate.readthedocs.io/")


def _help(option: click.Parameter) -> str:
    words = option.help if isinstance(option, click.Option) and option.help else ""
    return re.sub(r"\s+", " ", words).strip()
