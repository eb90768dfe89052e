"""On real projects, cold and after any change, every finding is the tool's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus.corpora import CORPORA, Corpus
from tests.corpus.edits import Editor
from tests.corpus.proof import compare, differing, engine_on, follow, listed_anew, state
from tests.corpus.variants import BIG, SMALL, Writer, defaults, patterns, patterns_of_big

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

Project = Callable[[Corpus], Path]

CASES = [
    pytest.param(corpus, write, id=f"{corpus.name}-{write.__name__}")
    for corpus in CORPORA
    for write in (BIG if corpus.big else SMALL)
]
FLAGS = [
    *("ignore-init-method", "ignore-init-module", "ignore-magic", "ignore-module"),
    *("ignore-nested-classes", "ignore-nested-functions", "ignore-overloaded-functions"),
    *("ignore-private", "ignore-property-decorators", "ignore-semiprivate", "ignore-setters"),
]


@pytest.mark.parametrize(("corpus", "write"), CASES)
async def test_every_finding_is_the_tools_own(
    project: Project, corpus: Corpus, write: Writer
) -> None:
    root = project(corpus)
    write(root)
    editor = Editor(root, seed=len(CASES) + len(write.__name__))
    async with engine_on(root) as engine:
        rounds = await compare(engine, corpus.name, write.__name__, "cold")
        cold = state(engine)
        await follow(engine, editor.changes(60))
        assert engine.listing.paths == await listed_anew(engine)
        rounds += await compare(engine, corpus.name, write.__name__, "edited")
        await follow(engine, [editor.undo()])
        assert state(engine) == cold
        assert not differing(rounds), "\n".join(differing(rounds))


@pytest.mark.parametrize("corpus", [c for c in CORPORA if not c.big], ids=lambda c: c.name)
async def test_settings_that_change_are_taken_up(project: Project, corpus: Corpus) -> None:
    root = project(corpus)
    defaults(root)
    async with engine_on(root) as engine:
        for write in (patterns_of_big, patterns, defaults):
            before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
            write(root)
            after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
            changed = {p for p in before | after if before.get(p) != after.get(p)}
            named = frozenset(path.relative_to(root).as_posix() for path in changed)
            await follow(engine, [named])
            rounds = await compare(engine, corpus.name, f"to {write.__name__}", "switched")
            assert not differing(rounds), "\n".join(differing(rounds))


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize(
    "corpus", [c for c in CORPORA if c.name in ("flask", "black", "textual")], ids=lambda c: c.name
)
async def test_each_of_interrogates_flags_alone(
    project: Project, corpus: Corpus, flag: str
) -> None:
    root = project(corpus)
    defaults(root)
    settings = f"[tool.interrogate]\n{flag} = true\n"
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    async with engine_on(root, ["interrogate"]) as engine:
        rounds = await compare(engine, corpus.name, f"interrogate {flag}", "cold")
        assert not differing(rounds), "\n".join(differing(rounds))
