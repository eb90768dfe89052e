"""Missing docstrings, by interrogate: the near half, which knows its files and commands.

interrogate's own code runs in `interrogate_far` only: it takes 0.1 s to import.
"""

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from cockpit.checkers.cover import cover
from cockpit.checkers.interface import (
    Comparable,
    Completed,
    Concluded,
    Finding,
    RuleDoc,
    Settings,
    Source,
)
from cockpit.checkers.interrogate_facts import FactOptions, InterrogateConclusion, Options
from cockpit.checkers.interrogate_table import read
from cockpit.checkers.tool import console_command, demand_answer, installed_version, printed
from cockpit.errors import CheckerError

#: What interrogate passes over beneath each path it is given (`InterrogateCoverage`).
COMMON_EXCLUDE = (".tox", ".venv", "venv", ".git", ".hg")

_options = msgspec.msgpack.Decoder(Options).decode
_fact_options = msgspec.msgpack.Decoder(FactOptions).decode


class Interrogate:
    """interrogate as a `FileChecker`."""

    name = "interrogate"
    pane = "docs"
    local = True
    fragile = True
    dear = False

    def version(self) -> str:
        """Return the installed version of interrogate."""
        return installed_version("interrogate")

    def resolve(self, root: Path, listing: Sequence[str]) -> Settings:  # noqa: ARG002
        """Far: read interrogate's settings as its command does in `root`."""
        from cockpit.checkers import interrogate_far

        options, rest, sources = interrogate_far.resolve(root)
        encode = msgspec.msgpack.encode
        return Settings(encode(options), encode(rest), sources)

    def analyse(self, source: Source, options: bytes) -> bytes:
        """Far: what one file lacks."""
        from cockpit.checkers import interrogate_far

        return msgspec.msgpack.encode(interrogate_far.scan(source, _fact_options(options)))

    def document(self, rule: str) -> RuleDoc:
        """Far: what a rule is, and which of interrogate's options leave things out of it."""
        from cockpit.checkers import interrogate_far

        return interrogate_far.document(rule)

    def select(self, root: Path, listing: Sequence[str], settings: Settings) -> list[str]:
        """Return the files of `listing` that interrogate looks at when it is given `root`."""
        sieve = _Sieve(str(root.resolve()), ".", _options(settings.conclude))
        return [path for path in listing if sieve.keeps(path)]

    def path_key(self, path: str, resolved: str, module: str) -> str:  # noqa: ARG002
        """Return nothing: what a file lacks does not depend on where it lies."""
        return ""

    def conclusion(self, settings: Settings, root: Path) -> InterrogateConclusion:  # noqa: ARG002
        """Return an empty conclusion."""
        return InterrogateConclusion(_options(settings.conclude))

    def explain(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return the command whose findings are ours."""
        options = _options(settings.conclude)
        config = _shown_config(root, options)
        return ("interrogate", "-vv", "-c", config, *_targets(root, files, options))

    def verifying(self, root: Path, files: Sequence[str], settings: Settings) -> tuple[str, ...]:
        """Return the command that prints every finding for `parse`, and writes no file."""
        options = _options(settings.conclude)
        said = ["-c", _shown_config(root, options)]
        if options.mute:
            # Everything is said in flags, without the settings file: it would hide or write.
            said = ["-c", os.devnull, *_flags(_fact_options(settings.facts), options)]
        return (
            *console_command("interrogate.cli"),
            *("-vv", "--no-color", "-o", "-"),
            *said,
            *_targets(root, files, options),
        )

    def parse(self, root: Path, completed: Completed) -> Comparable:
        """Read interrogate's tables: what is missing, and the figures of each file and of all."""
        demand_answer("interrogate", completed, (0, 1))
        answer = read(printed(completed.output), str(root.resolve()))
        if answer is None:
            words = printed(completed.errors).strip()
            said = words.encode("utf-8", "backslashreplace").decode()
            raise CheckerError(f"interrogate printed no table: {said}", words=words)
        return answer

    def comparable(self, concluded: Concluded) -> Comparable:
        """Return our findings and figures as `parse` returns interrogate's."""
        rows = sorted(
            (finding.path, _label(finding), finding.line if finding.symbol else 0)
            for findings in concluded.files.values()
            for finding in findings
        )
        figures = [(f"file {path}", *_printed(m, 0)) for path, m in concluded.file_metrics.items()]
        total = concluded.metric
        result = (
            "result",
            "FAILED" if concluded.failing else "PASSED",
            f"{total['goal']}",
            f"{total['percent']:.1f}",
        )
        figures.append(("total", *_printed(total, 1)))
        return Comparable(tuple(rows), (*sorted(figures), result))


def _printed(metric: Mapping[str, float], places: int) -> tuple[str, str, str, str]:
    whole = (f"{int(metric[key])}" for key in ("total", "missing", "covered"))
    return (*whole, f"{metric['percent']:.{places}f}%")  # type: ignore[return-value]


def _label(finding: Finding) -> str:
    """Return what interrogate prints for the place of `finding`: it takes only `.py` for files."""
    if not finding.symbol:
        return "(module)"
    path = finding.path.rsplit("/", 1)[-1]
    for part in finding.symbol.split("."):
        path += f":{part}" if path.endswith(".py") else f".{part}"
    return path.rsplit(":", 1)[-1]


class _Sieve:
    """Which files interrogate keeps when it is given `folder`, one beneath the root."""

    def __init__(self, base: str, folder: str, options: Options) -> None:
        self._base = base
        self._extensions = (".py", *options.extensions)
        self._skip_init = options.ignore_init_module
        start = base if folder == "." else f"{base}/{folder}"
        excluded = [os.fsdecode(path) for path in options.exclude]
        excluded += [os.path.join(start, name) for name in COMMON_EXCLUDE]  # noqa: PTH118 - its way
        self._excluded = [f"{path}*" for path in excluded]

    def keeps(self, path: str) -> bool:
        """Whether interrogate looks at `path`, relative to the root."""
        if not path.endswith(self._extensions):
            return False
        if self._skip_init and path.rsplit("/", 1)[-1] == "__init__.py":
            return False
        absolute = f"{self._base}/{path}"
        return not any(fnmatch.fnmatch(absolute, pattern) for pattern in self._excluded)


def _targets(root: Path, files: Sequence[str], options: Options) -> list[str]:
    base = str(root.resolve())

    def found(folder: str) -> list[str]:
        sieve = _Sieve(base, folder, options)
        return [path for path in _walk(base, folder) if sieve.keeps(path)]

    return cover(files, found)


def _walk(base: str, folder: str) -> Iterator[str]:
    """Yield the files that interrogate walks over beneath `folder`, relative to `base`."""
    start = base if folder == "." else f"{base}/{folder}"
    for parent, _, names in os.walk(start):
        prefix = f"{parent[len(base) + 1 :]}/" if len(parent) > len(base) else ""
        for name in names:
            yield prefix + name


def _shown_config(root: Path, options: Options) -> str:
    """Return the settings file as a person in `root` would type it."""
    config = os.fsdecode(options.config)
    return config.removeprefix(f"{root.resolve()}/") or os.devnull


def _flags(facts: FactOptions, options: Options) -> list[str]:
    """Say on the command line what the settings say, but for what hides or writes."""
    flags = [f"--fail-under={options.fail_under!r}", f"--style={facts.docstring_style}"]
    switches = {
        "--ignore-magic": facts.ignore_magic,
        "--ignore-module": facts.ignore_module,
        "--ignore-private": facts.ignore_private,
        "--ignore-semiprivate": facts.ignore_semiprivate,
        "--ignore-init-method": facts.ignore_init_method,
        "--ignore-init-module": options.ignore_init_module,
        "--ignore-nested-classes": facts.ignore_nested_classes,
        "--ignore-nested-functions": facts.ignore_nested_functions,
        "--ignore-overloaded-functions": facts.ignore_overloaded_functions,
        "--ignore-setters": facts.ignore_property_setters,
        "--ignore-property-decorators": facts.ignore_property_decorators,
    }
    flags += [flag for flag, on in switches.items() if on]
    flags += [f"--ignore-regex={pattern}" for pattern in facts.ignore_regex]
    flags += [f"--whitelist-regex={pattern}" for pattern in facts.include_regex]
    flags += [f"--ext={extension}" for extension in options.extensions]
    return flags + [f"--exclude={os.fsdecode(path)}" for path in options.exclude]


CHECKER = Interrogate()
