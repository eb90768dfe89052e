"""Why: a finding explained in the order a person asks, in the tools' own words."""

import msgspec
import pytest

from cockpit.checkers.interface import RuleDoc
from cockpit.model import Finding
from cockpit.ui.detail import Detail
from cockpit.ui.explanation import parts, suppression
from cockpit.ui.markdown import render, wrapped
from cockpit.ui.order import UNREAD
from cockpit.ui.why import Why
from tests.ui.fakes import FakeBackend, finding, report, running, show, snapshot, until_shown

pytestmark = pytest.mark.integration

PAGE = """## What it does
Checks for `x`.

## Why is this bad?
It [hurts], see [PEP 8].

## Known problems
None.

## Example
```python
# Not a heading
import os
```

Use instead:
```python
import sys
```

## Options
- `some.option`

## Fix safety
It is unsafe.

## References
- [Docs](https://example.org/docs)

[PEP 8]: https://example.org/pep8

Fix is sometimes available."""
F401 = finding("F401", line=1, message="`os` imported but unused")
B404 = finding("B404", line=1, message="os is dangerous", checker="bandit", severity="low")


def shown(app: object) -> list[str]:
    """Return every line of the panel, also those that are scrolled out of sight."""
    panel = app.screen.query_one(Why)  # type: ignore[attr-defined]
    return [line.plain for line in panel._lines]


# --- The order --------------------------------------------------------------------------------


def test_a_page_is_told_as_what_why_fix_silence_and_links() -> None:
    told = parts(F401, RuleDoc("F401", "unused-import", PAGE))
    assert [part.heading for part in told] == [
        "what it says",
        "why it matters",
        "how to fix",
        "how to silence it",
        "known problems",
        "options",
        "read more",
    ]
    fix = told[2].text
    assert fix.index("import os") < fix.index("Use instead") < fix.index("It is unsafe")
    assert "# Not a heading" in fix
    assert "Fix is sometimes available." in fix
    assert told[3].text == "`# noqa: F401` at the end of line 1"
    assert "available" not in told[-1].text


def test_bandits_page_has_no_fix_for_its_example_is_what_it_prints() -> None:
    page = "## B404: import_subprocess\n\nConsider it.\n\n**Example**\n\n```text\n>> Issue\n```"
    told = parts(B404, RuleDoc("B404", "import_subprocess", page))
    assert [part.heading for part in told] == ["what it says", "how to silence it", "example"]
    assert told[0].text == "Consider it."


@pytest.mark.parametrize("rule", ["V104", "V201"])
def test_vultures_own_page_says_how_to_silence_it(rule: str) -> None:
    from cockpit.checkers import vulture_far

    told = dict(parts(finding(rule, checker="vulture"), vulture_far.document(rule)))
    assert list(told) == ["what it says", "how to silence it"]
    assert told["how to silence it"].count(f"# noqa: {rule}") == 1
    assert "confidence" in told["what it says"]


def test_interrogates_own_page_names_its_settings() -> None:
    from cockpit.checkers import interrogate_far

    rule = "missing-method-docstring"
    told = dict(parts(finding(rule, checker="interrogate"), interrogate_far.document(rule)))
    assert list(told) == ["what it says", "how to silence it"]
    assert "[tool.interrogate]" in told["how to silence it"]


def test_without_a_page_nothing_is_made_up() -> None:
    assert [part.heading for part in parts(F401, None)] == ["how to silence it"]
    assert parts(finding("X1", checker="a-stranger"), None) == []


@pytest.mark.parametrize(
    ("one", "comment"),
    [
        (finding("F401"), "# noqa: F401"),
        (finding("invalid-syntax"), ""),
        (finding("B608", checker="bandit"), "# nosec B608"),
        (finding("V104", checker="vulture"), "# noqa: V104"),
        (finding("unused-import", checker="vulture"), "# noqa"),
        (finding("missing", checker="interrogate"), ""),
    ],
)
def test_a_finding_is_silenced_in_its_own_tools_words(one: Finding, comment: str) -> None:
    assert suppression(one) == comment


# --- The panel --------------------------------------------------------------------------------


async def test_the_head_says_rule_name_tool_severity_confidence_and_since_when(
    backend: FakeBackend,
) -> None:
    sure = msgspec.structs.replace(B404, confidence="HIGH", also=("S404",))
    async with running(backend, first=snapshot()) as (app, pilot):
        await show(app, pilot, backend, snapshot(2, bandit=report(sure)))
        await pilot.press("4")
        head = "B404 a-rule  bandit · low severity · high confidence · new since session start"
        await until_shown(app, pilot, head, "S404 says the same of this place")


async def test_what_else_is_said_of_the_line_is_listed(backend: FakeBackend) -> None:
    first = snapshot(ruff=report(F401), bandit=report(B404))
    async with running(backend, first=first) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "· B404 os is dangerous  bandit, the same line")


@pytest.mark.regression
async def test_what_else_is_said_of_the_line_says_no_word_twice(backend: FakeBackend) -> None:
    missing = finding(
        "missing-function-docstring",
        message="function area has no docstring",
        checker="interrogate",
        severity="medium",
    )
    first = snapshot(ruff=report(F401), interrogate=report(missing))
    async with running(backend, first=first) as (app, pilot):
        await pilot.press("1")
        await until_shown(
            app, pilot, "● function area has no docstring  interrogate, the same line"
        )


async def test_the_keys_that_work_on_it_stand_below_in_words(backend: FakeBackend) -> None:
    async with running(backend, (120, 40), snapshot(ruff=report(F401))) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "e edit at 1:1", "y copy")


async def test_an_unread_file_says_what_to_do_and_no_more(backend: FakeBackend) -> None:
    broken = finding(UNREAD, "pkg/a.py", message="invalid syntax", checker="bandit")
    async with running(backend, first=snapshot(ruff=report(F401))) as (app, pilot):
        await pilot.press("1")
        await until_shown(app, pilot, "import os")
        app.screen.query_one(Why).show(None)
        assert shown(app) == []
        app.screen.query_one(Detail)._show_why(broken, "")
        assert '  extend-exclude = ["pkg/a.py"]' in shown(app)
        assert "how to silence it" not in shown(app)


# --- Markdown ---------------------------------------------------------------------------------


async def lines_of(backend: FakeBackend, text: str, width: int = 60) -> list[str]:
    """Return Markdown as it is shown in a panel of that width."""
    async with running(backend, first=snapshot()) as (app, _):
        found = wrapped(render(text, app.context.look.palette), app.console, width)
        return [line.plain.rstrip() for line in found]


async def test_markdown_is_laid_out_and_nothing_else_is_obeyed(backend: FakeBackend) -> None:
    text = (
        "## Why\nA `code` and **bold** [red]word[/red],\non two lines, [a link](http://x).\n"
        "- one\n- two [`option`]\n\n```python\nx = 1  # [bold]\n```\n\x1b[2J"
    )
    assert await lines_of(backend, text, 80) == [
        "Why",
        "A code and bold [red]word[/red], on two lines, a link http://x.",
        "- one",
        "- two option",
        "",
        "  x = 1  # [bold]",
        "\\x1b[2J",
    ]


async def test_lists_hang_and_code_keeps_its_indentation(backend: FakeBackend) -> None:
    text = "1. one two three four\n\n```python\nif x:\n    pass\n```\n> quoted\n> words"
    assert await lines_of(backend, text, 14) == [
        "1. one two",
        "   three four",
        "",
        "  if x:",
        "      pass",
        "  quoted words",
    ]


async def test_code_is_coloured_as_the_source_is(backend: FakeBackend) -> None:
    async with running(backend, first=snapshot()) as (app, _):
        palette = app.context.look.palette
        line = next(iter(render("```python\nimport os\n```", palette))).text
        assert palette.tokens["keyword"] in {span.style for span in line.spans}


@pytest.mark.parametrize(
    "table",
    [
        "| a | bb |\n|---|----|\n| c | `d` |",
        "```text\n+---+----+\n| a | bb |\n+===+====+\n| c | d  |\n+---+----+\n```",
    ],
)
async def test_tables_are_drawn_in_columns(backend: FakeBackend, table: str) -> None:
    assert await lines_of(backend, table) == ["  a  bb", "  c  d"]


@pytest.mark.regression
async def test_a_table_keeps_its_columns_as_long_as_they_fit(backend: FakeBackend) -> None:
    """Vulture's own table was broken into a word a line, with room enough beside it."""
    table = f"| type | how sure one is |\n|--|--|\n| {'name ' * 9}| 90 % |"
    wide, narrow = await lines_of(backend, table, 64), await lines_of(backend, table, 60)
    assert wide == [f"  {'type':44}  how sure one is", f"  {'name ' * 9} 90 %"]
    assert narrow == [f"  {'name ' * 9}".rstrip(), "    how sure one is: 90 %"]


async def test_a_table_too_wide_is_told_cell_by_cell(backend: FakeBackend) -> None:
    table = f"| x | one | two |\n|--|--|--|\n| row | {'a ' * 40}| b |"
    lines = await lines_of(backend, table)
    assert lines[0] == "  row"
    assert lines[1].startswith("    one: a a")
    assert lines[-1] == "    two: b"


async def test_links_defined_elsewhere_lose_their_brackets(backend: FakeBackend) -> None:
    text = "See [PEP 8] and [this].\n\n[PEP 8]: https://example.org"
    assert (await lines_of(backend, text))[0] == "See PEP 8 and [this]."
