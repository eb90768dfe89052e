"""A project for pictures: files, and findings at places that are looked up in them.

Nothing of it depends on the day, the machine or the folder it lies in.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from cockpit.checkers.interface import RuleDoc
from cockpit.model import Base, Failure, FileError, Finding, Report, Result, Severity, Skipped
from cockpit.model import Snapshot as Shown
from tests.ui.fakes import FakeBackend

TITLE = "~/src/depot"
BASE = Base("branch", "main", "eff8df8a07c4b1d2", ready=True)
WEBHOOKS = "src/depot/integrations/payments/providers/stripe_connect/webhook_handlers.py"
ORDERS = "src/depot/orders/models.py"

FILES = {
    WEBHOOKS: '''"""What Stripe tells us, and what follows from it."""

import hashlib
import json
import subprocess
from datetime import datetime

from depot.orders.models import Order, OrderLine, Refund
from depot.storage import connection

SECRET = "whsec_4f8a1c"
RETRIES = 3


class Handler:
    """Takes one kind of event."""

    def __init__(self, kind, sinks=[]):
        self.kind = kind
        self.sinks = sinks

    def accept(self, body, signature):
        digest = hashlib.md5(body + SECRET.encode()).hexdigest()
        if digest != signature:
            return None
        event = json.loads(body)
        if event.get("livemode") == True:
            self.store(event)
        return event

    def store(self, event):
        """Keep an event, and the order that it is of."""
        order_id = event["data"]["object"]["metadata"]["order_id"]
        cursor = connection().cursor()
        cursor.execute("SELECT * FROM orders WHERE id = '%s'" % order_id)
        row = cursor.fetchone()
        when = datetime.utcnow()
        unused_total = row[3]
        return Order(row, when)


def notify(order: Order, channel: str = "finance-alerts-of-the-company-and-all-its-branches"):
    subprocess.run("notify " + channel, shell=True)
    try:
        order.confirm()
    except:
        pass
    # 漢字 in a comment take two cells each, and so does 🙂
    return f"{order.number}: {channel}"
''',
    ORDERS: '''"""Orders and their lines."""

import os

from depot.storage import Model


class Order(Model):
    def confirm(self):
        self.confirmed = True

    def total(self):
        l = sum(line.price for line in self.lines)
        return l


class Refund(Model):
    reason = ""
''',
}

#: The rule pages that the pictures show.
DOCS = {
    "F821": (
        "undefined-name",
        "# undefined-name (F821)\n\n## What it does\nChecks for uses of undefined names.\n\n"
        "## Why is this bad?\nAn undefined name is likely to raise `NameError` at runtime.\n\n"
        "## Example\n```python\ndef double():\n    return n * 2\n```\n\nUse instead:\n"
        "```python\ndef double(n):\n    return n * 2\n```\n\n## References\n"
        "- [Python documentation: Naming and binding]"
        "(https://docs.python.org/3/reference/executionmodel.html#naming-and-binding)\n",
    ),
    "B006": (
        "mutable-argument-default",
        "# mutable-argument-default (B006)\n\n## What it does\nChecks for uses of mutable objects "
        "as function argument defaults.\n\n## Why is this bad?\nFunction defaults are evaluated "
        "once, when the function is defined. The same mutable object is then shared across all "
        "calls to the function, so a change made in one call is seen by every call after it.\n\n"
        "## Example\n```python\ndef add(item, some=[]):\n    some.append(item)\n    return some\n"
        "```\n\nUse instead:\n```python\ndef add(item, some=None):\n    if some is None:\n"
        "        some = []\n    some.append(item)\n    return some\n```\n",
    ),
}

_Rule = tuple[str, str, Severity, str, str]
_WEBHOOKS: tuple[_Rule, ...] = (
    ("ruff", "B006", "medium", "sinks=[]", "Do not use mutable data structures for defaults"),
    ("ruff", "E712", "medium", 'event.get("livemode") == True', "Avoid equality to `True`"),
    ("ruff", "F841", "high", "unused_total", "Local variable `unused_total` is never used"),
    ("ruff", "F401", "high", "OrderLine", "`depot.orders.models.OrderLine` imported but unused"),
    ("ruff", "F401", "high", "Refund", "`depot.orders.models.Refund` imported but unused"),
    ("ruff", "E501", "low", "def notify", "Line too long (95 > 88)"),
    ("ruff", "E722", "medium", "except:", "Do not use bare `except`"),
    ("ruff", "DTZ003", "medium", "datetime.utcnow()", "`datetime.datetime.utcnow()` used"),
    ("ruff", "S608", "medium", '"SELECT', "Possible SQL injection vector through string building"),
    ("ruff", "S110", "medium", "except:", "`try`-`except`-`pass` detected, consider logging"),
    ("vulture", "V104", "medium", "OrderLine", "unused import 'OrderLine'"),
    ("vulture", "V107", "low", "unused_total", "unused variable 'unused_total'"),
    ("vulture", "V107", "low", "RETRIES", "unused variable 'RETRIES'"),
    ("interrogate", "missing-method-docstring", "medium", "def accept", "method `Handler.accept`"),
    ("interrogate", "missing-function-docstring", "medium", "def notify", "function `notify`"),
    ("bandit", "B324", "high", "hashlib.md5", "Use of weak MD5 hash for security."),
    ("bandit", "B608", "medium", '"SELECT', "Possible SQL injection vector through a string query"),
    ("bandit", "B602", "high", "subprocess.run", "subprocess call with shell=True identified"),
    ("bandit", "B105", "low", '"whsec', "Possible hardcoded password: 'whsec_4f8a1c'"),
    ("bandit", "B110", "low", "except:", "Try, Except, Pass detected."),
)
_ORDERS: tuple[_Rule, ...] = (
    ("ruff", "F401", "high", "os", "`os` imported but unused"),
    ("ruff", "E741", "medium", "l = sum", "Ambiguous variable name: `l`"),
    ("vulture", "V105", "low", "def total", "unused method 'total'"),
    ("interrogate", "missing-class-docstring", "medium", "class Order", "class `Order`"),
    ("interrogate", "missing-method-docstring", "medium", "def confirm", "method `Order.confirm`"),
    ("interrogate", "missing-method-docstring", "medium", "def total", "method `Order.total`"),
)
#: The symbols of that file's lines, from 0, last first.
SYMBOLS = ((41, "notify"), (30, "Handler.store"), (21, "Handler.accept"), (17, "Handler.__init__"))
#: What is not in the base yet.
NEW = frozenset({("B006", "sinks=[]"), ("F841", "unused_total"), ("B602", "subprocess.run")})
#: Folders of other files, and what is said of them over and over.
_FOLDERS = (
    "src/depot/catalogue",
    "src/depot/catalogue/search/analyzers/languages",
    "src/depot/reporting/exports",
    "src/depot/storage/migrations",
    "tests/integration",
)
_OFTEN: tuple[tuple[str, str, Severity, str], ...] = (
    ("ruff", "UP007", "low", "Use `X | Y` for type annotations"),
    ("ruff", "SIM108", "low", "Use ternary operator instead of `if`-`else`-block"),
    ("ruff", "E501", "low", "Line too long (124 > 88)"),
    ("ruff", "PLW2901", "medium", "`for` loop variable `row` overwritten by assignment target"),
    ("ruff", "I001", "low", "Import block is un-sorted or un-formatted"),
    ("vulture", "V103", "low", "unused function 'as_legacy_dictionary_with_defaults'"),
    ("vulture", "V101", "low", "unused attribute 'is_dirty'"),
    ("interrogate", "missing-method-docstring", "low", "method `_Reader._advance`"),
    ("interrogate", "missing-function-docstring", "medium", "function `normalise`"),
    ("bandit", "B101", "low", "Use of assert detected."),
)
CHECKERS = ("ruff", "vulture", "interrogate", "bandit")
_SECONDS = {"ruff": 0.084, "vulture": 0.031, "interrogate": 0.012, "bandit": 1.24}
_MISSING = " has no docstring"


def _confidence(checker: str, rule: str) -> str:
    vulture = "90%" if rule == "V104" else "60%"
    return {"vulture": vulture, "bandit": "HIGH"}.get(checker, "")


def _in_words(checker: str, message: str) -> str:
    return message + _MISSING if checker == "interrogate" else message


def _placed(path: str, rules: tuple[_Rule, ...]) -> Iterator[tuple[Finding, bool]]:
    """Yield the findings of a file that is there, each with whether it is new."""
    lines = FILES[path].splitlines()
    for checker, rule, severity, words, message in rules:
        line = next(index for index, text in enumerate(lines) if words in text)
        column = lines[line].index(words)
        symbol = next((name for start, name in SYMBOLS if path == WEBHOOKS and start <= line), "")
        found = Finding(
            checker,
            rule,
            severity,
            path,
            line + 1,
            column + 1,
            line + 1,
            column + len(words) + 1,
            _in_words(checker, message),
            confidence=_confidence(checker, rule),
            symbol=symbol,
            identity=f"{rule}-{words}",
            url=f"https://docs.astral.sh/ruff/rules/{rule}" if checker == "ruff" else "",
        )
        yield found, (rule, words) in NEW


def _elsewhere() -> Iterator[Finding]:
    """Yield the findings of files that nobody opens."""
    for number, folder in enumerate(_FOLDERS):
        for part in range(3):
            path = f"{folder}/{('analysis', 'quarterly_revenue', 'tokens')[part]}_{number}.py"
            for turn, (checker, rule, severity, message) in enumerate(_OFTEN):
                if (number + part + turn) % 3:
                    line = 7 + 11 * turn + 60 * part
                    place = (line, 5, line, 20)
                    identity = f"{rule}-{turn}"
                    words = _in_words(checker, message)
                    sure = _confidence(checker, rule)
                    yield Finding(
                        checker, rule, severity, path, *place, words, sure, identity=identity
                    )


def _report(checker: str, findings: list[Finding]) -> Report:
    files: dict[str, tuple[Finding, ...]] = {}
    for one in sorted(findings, key=lambda one: (one.path, one.line, one.column, one.rule)):
        files[one.path] = (*files.get(one.path, ()), one)
    if checker != "interrogate":
        return Report(files)
    metrics = {
        path: {"total": 9.0, "covered": 9.0 - len(found), "missing": float(len(found))}
        for path, found in files.items()
    }
    metrics["src/depot/catalogue/analysis.py"] = {"total": 14.0, "covered": 14.0, "missing": 0.0}
    total = sum(metric["total"] for metric in metrics.values())
    missing = sum(metric["missing"] for metric in metrics.values())
    whole = {"total": total, "covered": total - missing, "missing": missing, "goal": 80.0}
    whole["percent"] = 100 * (total - missing) / total
    return Report(files, metric=whole, file_metrics=metrics)


def _results(with_new: bool) -> dict[str, Result]:
    placed = [*_placed(WEBHOOKS, _WEBHOOKS), *_placed(ORDERS, _ORDERS)]
    everything = [one for one, new in placed if with_new or not new] + list(_elsewhere())
    results = {}
    for checker in CHECKERS:
        found = _report(checker, [one for one in everything if one.checker == checker])
        results[checker] = Result(checker, found, found, seconds=_SECONDS[checker], version="1.2.3")
    return results


def before() -> Shown:
    """Return what was known when the session began."""
    return Shown(1, _results(with_new=False), files=2814, seconds=6.1, base=BASE)


def after(**changes: object) -> Shown:
    """Return what is known after a save that brought something new."""
    shown = Shown(2, _results(with_new=True), files=2814, seconds=0.084, base=BASE)
    return msgspec.structs.replace(shown, **changes)


def after_with(**results: dict[str, object]) -> Shown:
    """Return the same with other standings of some checkers."""
    shown = after()
    changed = {
        name: msgspec.structs.replace(result, **results.get(name, {}))
        for name, result in shown.results.items()
    }
    return msgspec.structs.replace(shown, results=changed)


FAILED = Failure(
    "vulture stopped at src/depot/storage/migrations/0042_split.py: RecursionError",
    "Leave the file out with exclude, or run vulture by itself: press @ for its command.",
)
SKIPPED = Skipped("bandit is not among the tools of this project", "Add it to tools.")
UNREAD = (FileError("src/depot/legacy/import_dump.py", 3, "invalid syntax: `print` statement"),)


class Depot(FakeBackend):
    """The backend of the project; it knows a few rules' pages and every tool's command."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.branch = "stripe-webhooks"
        for path, text in FILES.items():
            place = root / path
            place.parent.mkdir(parents=True)
            place.write_text(text, encoding="utf-8")

    def explain(self, checker: str, root: str = "") -> tuple[str, ...]:  # noqa: ARG002
        if checker == "bandit":
            return ("bandit", "--quiet", "--format", "json", "--recursive", "src", "tests")
        return (checker, "check", "--exclude", "build dir/*.py", "--line-length", "100", ".")

    async def document(self, finding: Finding) -> RuleDoc:
        self.asked.append(("document", finding.rule))
        name, text = DOCS.get(finding.rule, ("a-rule", "## What it does\nChecks for this.\n"))
        return RuleDoc(finding.rule, name, text)
