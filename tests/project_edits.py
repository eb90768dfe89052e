"""What can happen to a project: nasty contents, settings, and the engine's answer in comparison."""

from pathlib import Path
from typing import Any

from cockpit.checkers.registry import load, names
from cockpit.config import Config
from cockpit.engine import Engine, Setup
from cockpit.model import Report, Snapshot
from cockpit.store import Store
from cockpit.workers import Pool

SNIPPETS: tuple[str, ...] = (
    "def unused_{n}(argument):\n    return argument\n",
    "def caller_{n}():\n    return unused_{m}(unused_{n})\n",
    'class Widget{n}:\n    """A widget."""\n\n    colour = 1\n\n    def draw(self, pen): pass\n',
    "import os, sys\n",
    "import json  # noqa: F401\n",
    "import re  # noqa\n",
    "import ast\n\nclass Visitor{n}(ast.NodeVisitor):\n    def visit_Name(self, node): pass\n",
    "import enum\n\nclass Kind{n}(enum.Enum):\n    _ignore_ = []\n    ONE = 1\n",
    "import unittest\n\nclass Case{n}(unittest.TestCase):\n    def setUp(self): pass\n",
    "eval(input())\n",
    "eval(input())  # nosec\n",
    "import pickle  # nosec B403\npickle.loads(b'')\n",
    "import subprocess\nsubprocess.run('ls', shell=True)  # nosec B602\n",
    "assert True\n",
    "password = 'hunter2'\n",
    '"""A docstring in the midst."""\n',
    'def documented_{n}():\n    """Say it."""\n',
    "def late():\n    return 1\n    unreachable = 2\n",
    "x = 1  # type: ignore\nfor i in []:  # type: int\n    pass\n",
    "print('%(unused_{n})s' % locals())\n",
    "getattr(object, 'draw')\n",
    "from . import module_{n}\n",
    "from .module_{n} import *\n__all__ = ['unused_{m}']\n",
    "try:\n    pass\nexcept Exception:\n    pass\n",
    "\u03b1\u03b2\u03b3 = '\u00e9\u4e2d'; eval('\u4e2d')\n",
)

BROKEN: tuple[bytes, ...] = (
    b"def f(:\n",
    b"x = (1,\n",
    b"if 1:\n        x = 1\n    y = 2\n",
    b"z = '\xff\xfe'\n",
    b"# -*- coding: latin-1 -*-\nname = '\xe9'\ndef d\xe9f(): pass\n",
    b"# coding: nosuchcodec\nz = 1\n",
    b"\xef\xbb\xbfimport json\nx_bom = 1\n",
    b"x = 1\n\0\n",
    b"",
    b"import json\r\ndef crlf(self):\r\n    return 1\r\n",
    b"import json\rdef cr():\r    return 1\r",
    b"import json\n\x0c\ndef ff():\n    return 1\n",
    b"x = " + b"(" * 150 + b")" * 150 + b"\n",
)

SECTIONS: dict[str, tuple[str, ...]] = {
    "vulture": (
        "min_confidence = 60",
        "min_confidence = 100",
        'ignore_names = ["unused_*", "draw"]',
        'ignore_decorators = ["@property"]\nsort_by_size = true',
        'exclude = ["sub/"]',
        'paths = ["pkg"]',
    ),
    "interrogate": (
        "fail-under = 10",
        "fail-under = 100\nignore-module = true",
        "ignore-init-module = true\nignore-nested-functions = true",
        'ignore-regex = ["^unused_.*"]',
        'exclude = ["sub"]',
        "ignore-private = true\nignore-magic = true\nignore-semiprivate = true",
    ),
    "bandit": (
        'skips = ["B101", "B307"]',
        'tests = ["B307", "B301", "B105"]',
        'exclude_dirs = ["sub"]',
        'assert_used = { skips = ["*module_1.py"] }',
    ),
    "ruff.lint": (
        'select = ["E", "F", "D1"]',
        'per-file-ignores = { "sub/*" = ["F401"], "**/__init__.py" = ["ALL"] }',
        'select = ["INP", "F"]\npreview = true',
        'ignore = ["F", "S307"]',
        'select = ["EXE", "F"]',
    ),
    "ruff": ('exclude = ["sub"]', "line-length = 40", 'extend-exclude = ["pkg"]'),
    "cockpit": (
        'extend-exclude = ["sub"]',
        'extend-exclude = ["*_1.py", "plain/"]',
        'exclude = ["pkg"]',
        "ruff-security = false",
    ),
}

INVALID: tuple[str, ...] = (
    '[tool.vulture]\nmin_confidence = "high"\n',
    "[tool.vulture]\nno_such_key = 1\n",
    "[tool.interrogate]\nno-such-key = 1\n",
    '[tool.bandit]\ntests = ["B999"]\n',
    "[tool.bandit]\nexclude_dirs = 5\n",
    "[tool.ruff]\nno-such-key = 1\n",
    '[tool.ruff.lint]\nselect = ["NOSUCH"]\n',
    "[tool.ruff\n",
)


class NoStore(Store):
    """A store that has nothing and keeps nothing, so that every run over it is cold."""

    note = ""

    def __init__(self) -> None:
        """Open no file."""

    def get(self, keys: Any) -> dict[bytes, bytes]:  # noqa: ARG002
        return {}

    def put(self, rows: Any) -> None:
        pass

    def close(self) -> None:
        pass


def engine_for(
    root: Path,
    pool: Pool,
    store: Store | None = None,
    *only: str,
    config: Config | None = None,
) -> Engine:
    """Return an engine as the program itself makes it, with or without a store."""
    checkers = tuple(load(name) for name in only or names())
    return Engine(Setup(root, (), checkers, config or Config()), store or NoStore(), pool)


def answers(snapshot: Snapshot) -> dict[str, object]:
    """Return all that a snapshot says of a project, and nothing of how it came to know."""
    return {name: _answer(result.outcome) for name, result in snapshot.results.items()}


def _answer(outcome: object) -> object:
    if not isinstance(outcome, Report):
        return outcome
    return {
        "files": {path: sorted(found, key=repr) for path, found in outcome.files.items()},
        "errors": sorted(outcome.errors, key=repr),
        "metric": dict(outcome.metric),
        "file_metrics": dict(outcome.file_metrics),
        "failing": outcome.failing,
        "checked": outcome.checked,
    }
