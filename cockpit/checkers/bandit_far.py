"""bandit, far half: its own manager on one file's bytes; no file of the project is opened here.

bandit keeps its plugins' configuration in the plugins themselves, so a process holds one manager
at a time, made anew when the options change.
"""

import ast
import io
import logging
import os
import re
import tokenize
import warnings
from collections.abc import Iterator
from typing import Any

import msgspec
from bandit.core import config as bandit_config
from bandit.core import constants, docs_utils
from bandit.core import manager as bandit_manager
from bandit.core import metrics as bandit_metrics
from bandit.core import utils as bandit_utils

from cockpit.checkers.bandit_facts import (
    Facts,
    Issue,
    Options,
    decode_options,
    place,
    plain_text,
    text_lines,
)
from cockpit.checkers.bandit_light import lighten
from cockpit.checkers.interface import Source, excerpt
from cockpit.checkers.recursion import same_depth
from cockpit.identity import Ordinals, base
from cockpit.layout import Statements
from cockpit.outline import symbol_at

#: How deep bandit's command stands when it takes up a file: script, `main`, `run_tests`.
_COMMAND_DEPTH = 3
#: The tests of strings: their lines are those of the whole expression around the string, and what
#: they find there, if it is not the string, is in their words alone.
_OF_STRINGS = frozenset(("B104", "B105", "B108", "B608"))

# Where Python's tokenizer may fail although its parser does not: form feeds, carriage returns and
# NULs, a backslash that is a line's only character, another encoding than UTF-8.
_ODD = re.compile(rb"[\f\r\0]|(?m:^[ \t]*\\$)")
_UTF8 = ("utf-8", "utf-8-sig")
_RECORD = re.compile(r"^\[\w+\]\t[A-Z]+\t", re.MULTILINE)
_BROKEN = re.compile(
    r"Bandit internal error running: (\S+) on file .*? at line (\d+): (.*?)(?:Traceback |\n|$)",
    re.DOTALL,
)

_encode = msgspec.msgpack.Encoder().encode


class _Tokenizer:
    """Stands for the module `tokenize` in bandit's manager, which looks for `# nosec` with it."""

    COMMENT = tokenize.COMMENT
    TokenError = tokenize.TokenError

    def __init__(self) -> None:
        self.idle = False

    def tokenize(self, readline: Any) -> Iterator[tokenize.TokenInfo]:
        """Tokenize, unless there is nothing to find."""
        return iter(()) if self.idle else tokenize.tokenize(readline)


class _Module:
    """Stands for bandit's walk through the folders above a file: the name is given."""

    def __init__(self) -> None:
        self.name = ""

    def __call__(self, path: str) -> str:  # noqa: ARG002 - bandit's signature
        return self.name


_tokenizer = _Tokenizer()
_module = _Module()
_log = io.StringIO()


def _listen() -> None:
    """Keep what bandit logs from the screen: it goes to `_log`, at WARNING and above."""
    # The same kind of handler as under bandit's command: near the end of the stack it matters.
    handler = logging.StreamHandler(_log)
    handler.setFormatter(logging.Formatter(constants.log_format_string))
    logger = logging.getLogger("bandit")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logging.getLogger("stevedore").addHandler(logging.NullHandler())


_listen()


def quiet() -> None:
    """Forget what bandit has logged so far."""
    _log.seek(0)
    _log.truncate()


def heard() -> list[str]:
    """Return the messages that bandit has logged at WARNING and above since `quiet`."""
    return [words.strip() for words in _RECORD.split(_log.getvalue())[1:]]


class _Scanner:
    """bandit's manager for one set of options."""

    def __init__(self, options: bytes) -> None:
        self.options = options
        decoded = decode_options(options)
        self._manager = _manager(decoded)
        bandit_manager.tokenize = _tokenizer
        bandit_utils.get_module_qualname_from_path = _module
        if not decoded.debug:
            lighten()

    @property
    def has_tests(self) -> bool:
        """Whether there is any test to run."""
        return bool(self._manager.b_ts.tests)

    def scan(self, source: Source) -> Facts:
        """Return what bandit says of `source`."""
        name = "./" + os.fsdecode(source.path)
        _module.name = source.module
        _tokenizer.idle = _without_nosec(source.content)
        self._parse(name, source.content)
        if self._manager.skipped and _tokenizer.idle:
            _tokenizer.idle = False  # it might have failed first, and for another reason
            self._parse(name, source.content)
        skipped = self._manager.skipped[0][1] if self._manager.skipped else ""
        found = _issues(source, self._manager.results)
        issues = tuple(sorted(found, key=lambda one: (one.line, one.column, one.rule)))
        urls = {issue.rule: docs_utils.get_url(issue.rule) for issue in issues}
        metrics, broken = self._manager.metrics.data[name], _broken(heard())
        at = _unreadable_at(source.content) if skipped else 0
        return Facts(issues, metrics, skipped, broken, urls, at)

    def _parse(self, name: str, content: bytes) -> None:
        manager = self._manager
        manager.results, manager.skipped, manager.scores = [], [], []
        manager.metrics = bandit_metrics.Metrics()
        quiet()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with same_depth(_COMMAND_DEPTH):
                manager._parse_file(name, io.BytesIO(content), [name])
        manager.b_ma.nodes.clear()  # filled in its debug mode only, and kept for ever


def _manager(options: Options) -> Any:
    config = bandit_config.BanditConfig()
    config._config = options.config
    profile = {
        "include": set(options.include),
        "exclude": set(options.exclude),
        "blacklist": options.blacklist,
    }
    return bandit_manager.BanditManager(
        config, "file", options.debug, profile=profile, ignore_nosec=options.ignore_nosec
    )


def _without_nosec(content: bytes) -> bool:
    """Whether bandit's search for `# nosec` can neither find anything nor fail."""
    if b"nosec" in content or _ODD.search(content):
        return False
    try:
        content.decode()
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0] in _UTF8
    except (UnicodeDecodeError, SyntaxError):
        return False


def _unreadable_at(content: bytes) -> int:
    """Return the line where Python stops reading `content`, or 0 where it names none."""
    try:
        ast.parse(content)
    except SyntaxError as error:
        return max(error.lineno or 0, 0)
    except (ValueError, RecursionError, MemoryError):
        pass
    return 0


def _issues(source: Source, found: list[Any]) -> Iterator[Issue]:
    ordinals = Ordinals()
    lines = text_lines(source.content) if found else []
    scopes = source.scopes if found else []
    of_strings = any(issue.test_id in _OF_STRINGS for issue in found)
    read = Statements(lines if of_strings else [])
    for issue in found:
        offsets = (issue.col_offset, issue.end_col_offset)
        where = place(issue.test_id, issue.lineno, issue.linerange, offsets, lines)
        symbol = symbol_at(scopes, issue.lineno)
        if issue.test_id in _OF_STRINGS:
            text = f"{read.operand(*where[:2])}\0{plain_text(issue.text)}"
        else:
            # Its line may be that of an argument, its column is always that of the call.
            text = excerpt(lines, (issue.linerange[0], where[1]), where[2:])
        yield Issue(
            issue.test_id,
            issue.test,
            issue.severity,
            issue.confidence,
            issue.cwe.id,
            plain_text(issue.text),
            *where,
            symbol,
            ordinals.identity(base(issue.test_id, symbol, text)),
        )


def _broken(log: list[str]) -> tuple[tuple[int, str], ...]:
    """Return where and how each test that broke did so first, as bandit logged it."""
    first: dict[str, tuple[int, str]] = {}
    for match in filter(None, map(_BROKEN.match, log)):
        words = plain_text(f"bandit's test {match[1]} broke here: {match[3]}")
        first.setdefault(match[1], (int(match[2]), words))
    return tuple(first.values())


_scanner: _Scanner | None = None


def _scanner_of(options: bytes) -> _Scanner:
    global _scanner  # noqa: PLW0603 - bandit's own state is as global
    if _scanner is None or _scanner.options != options:
        quiet()
        _scanner = _Scanner(options)
    return _scanner


def has_tests(options: bytes) -> bool:
    """Whether any test would run under `options`."""
    return _scanner_of(options).has_tests


def analyse(source: Source, options: bytes) -> bytes:
    """Return the encoded `Facts` of one file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _encode(_scanner_of(options).scan(source))
