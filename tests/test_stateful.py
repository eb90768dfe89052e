"""However a project changes, what the engine knows equals a run from nothing, and the tools' own.

`COCKPIT_STATEFUL=examples,steps,files` runs more of it than usual, with another seed every time;
`files` is how many change at once where a branch is switched.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cockpit.config import Config, load_config
from cockpit.engine import Engine
from cockpit.errors import SettingsError
from cockpit.model import Report
from cockpit.store import Store
from cockpit.verify import lines, verify
from cockpit.watch import Change
from cockpit.workers import Pool
from tests.project_edits import BROKEN, INVALID, SECTIONS, SNIPPETS, answers, engine_for

pytestmark = [pytest.mark.slow, pytest.mark.integration]

FOLDERS = ("", "pkg", "pkg/deep", "sub", "tests", "plain")
NAMES = ("module_1.py", "module_2.py", "test_it.py", "__init__.py", "stub.pyi", "odd name.py")
FILES = tuple(f"{folder}/{name}".lstrip("/") for folder in FOLDERS for name in NAMES)
_LONGER = os.environ.get("COCKPIT_STATEFUL", "")
EXAMPLES, STEPS, MANY = map(int, (_LONGER or "8,12,60").split(","))

paths = st.sampled_from(FILES)
folders = st.sampled_from(FOLDERS[1:])
sources = st.lists(
    st.tuples(st.sampled_from(SNIPPETS), st.integers(1, 3), st.integers(1, 3)),
    min_size=1,
    max_size=4,
).map(lambda parts: "".join(p.replace("{n}", str(n)).replace("{m}", str(m)) for p, n, m in parts))
sections = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(choices) for name, choices in SECTIONS.items()}
).map(lambda chosen: "".join(f"[tool.{name}]\n{text}\n" for name, text in chosen.items()))


class World:
    """The event loop, the workers and the folder that all examples share."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.pool = Pool(2)
        self.folder = Path(tempfile.mkdtemp(prefix="cockpit-stateful-"))

    def close(self) -> None:
        self.pool.shutdown(cancel_futures=True)
        self.runner.close()
        shutil.rmtree(self.folder)


class Project(RuleBasedStateMachine):
    """A small project outside git, and an engine that is told of all that happens to it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=self.world.folder)) / "project"
        self.root.mkdir()
        self.store = Store(self.root.parent / "store")
        self.past: list[tuple[str, bytes]] = []
        self.engine: Engine

    @initialize(first=sources, second=sources, text=sections)
    def open(self, first: str, second: str, text: str) -> None:
        for path, source in (("pkg/__init__.py", ""), ("pkg/module_1.py", first), ("a.py", second)):
            self.put(path, source.encode())
        self.put("pyproject.toml", text.encode())
        self.engine = engine_for(self.root, self.world.pool, self.store, config=self.config())
        self.world.runner.run(self.engine.run_once())

    # -- what happens to files

    @rule(path=paths, source=sources)
    def write(self, path: str, source: str) -> None:
        self.put(path, source.encode())
        self.tell(path)

    @rule(path=paths, content=st.sampled_from(BROKEN))
    def break_(self, path: str, content: bytes) -> None:
        self.put(path, content)
        self.tell(path)

    @rule(path=paths, source=sources)
    def append(self, path: str, source: str) -> None:
        place = self.root / path
        self.put(path, (place.read_bytes() if place.is_file() else b"") + source.encode())
        self.tell(path)

    @rule(path=paths)
    def touch(self, path: str) -> None:
        place = self.root / path
        if place.is_file():
            os.utime(place)
            self.tell(path)

    @rule(path=paths, mode=st.sampled_from((0o644, 0o755)))
    def chmod(self, path: str, mode: int) -> None:
        place = self.root / path
        if place.is_file():
            place.chmod(mode)
            self.tell(path)

    @rule(path=paths)
    def delete(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)
        self.tell(path)

    @rule(old=paths, new=paths)
    def rename(self, old: str, new: str) -> None:
        if (self.root / old).is_file():
            (self.root / new).parent.mkdir(parents=True, exist_ok=True)
            (self.root / old).replace(self.root / new)
            self.tell(old, new)

    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        path, content = data.draw(st.sampled_from(self.past))
        self.put(path, content)
        self.tell(path)

    @rule(folder=folders)
    def make_package(self, folder: str) -> None:
        self.put(f"{folder}/__init__.py", b"")
        self.tell(f"{folder}/__init__.py")

    @rule(parts=st.lists(st.tuples(paths, sources), min_size=2, max_size=5))
    def rush(self, parts: list[tuple[str, str]]) -> None:
        """Save so fast that the engine is at work on the first files when the last are told of."""

        async def all_at_once() -> None:
            async with asyncio.TaskGroup() as group:
                for path, source in parts:
                    self.put(path, source.encode())
                    change = Change(frozenset([path]), time.perf_counter())
                    group.create_task(self.engine._follow(change))
                    await asyncio.sleep(0)

        self.world.runner.run(all_at_once())

    # -- what happens to folders, of which the system tells by the folder's name alone

    @rule(folder=folders)
    def delete_folder(self, folder: str) -> None:
        gone = self.beneath(folder)
        shutil.rmtree(self.root / folder, ignore_errors=True)
        self.tell(folder, *gone)

    @rule(old=folders, new=folders)
    def rename_folder(self, old: str, new: str) -> None:
        if (self.root / old).is_dir() and not (self.root / new).exists():
            if new.startswith(f"{old}/"):
                return
            (self.root / new).parent.mkdir(parents=True, exist_ok=True)
            (self.root / old).rename(self.root / new)
            self.tell(old, new)

    @rule(source=sources, number=st.integers(1, MANY))
    def switch(self, source: str, number: int) -> None:
        """As another branch would: many files written, the others of them gone."""
        for index in range(MANY):
            path = f"sub/many/m{index}.py"
            if index < number:
                self.put(path, f"{source}\nvalue_{index % 7} = {index}\n".encode(), past=False)
            else:
                (self.root / path).unlink(missing_ok=True)
        self.tell(*(f"sub/many/m{index}.py" for index in range(MANY)))

    # -- what happens to settings

    @rule(text=sections)
    def settle(self, text: str) -> None:
        self.put("pyproject.toml", text.encode())
        self.tell("pyproject.toml")

    @rule(text=st.sampled_from(INVALID))
    def settle_wrongly(self, text: str) -> None:
        self.put("pyproject.toml", text.encode())
        self.tell("pyproject.toml")

    @rule(text=st.sampled_from(("[bandit]\nskips = B307\n", "[bandit]\nlevel = 3\n", "")))
    def ini(self, text: str) -> None:
        if text:
            self.put(".bandit", text.encode())
        else:
            (self.root / ".bandit").unlink(missing_ok=True)
        self.tell(".bandit")

    @rule(folder=folders, text=st.sampled_from(('lint.select = ["D"]\n', 'exclude = ["m*"]\n', "")))
    def nested(self, folder: str, text: str) -> None:
        path = f"{folder}/ruff.toml"
        if text:
            self.put(path, text.encode())
        else:
            (self.root / path).unlink(missing_ok=True)
        self.tell(path)

    @rule(text=st.sampled_from(("[tool:interrogate]\nfail-under = 50\n", "")))
    def setup_cfg(self, text: str) -> None:
        if text:
            self.put("setup.cfg", text.encode())
        else:
            (self.root / "setup.cfg").unlink(missing_ok=True)
        self.tell("setup.cfg")

    # -- what must hold

    @invariant()
    def equals_a_cold_run(self) -> None:
        if not hasattr(self, "engine"):
            return
        cold_engine = engine_for(self.root, self.world.pool, config=self.config())
        cold = self.world.runner.run(cold_engine.run_once())
        assert self.engine.snapshot.fresh
        ours, fresh = answers(self.engine.snapshot), answers(cold)
        for name in fresh:
            assert ours[name] == fresh[name], name

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            for name, result in self.engine.snapshot.results.items():
                if isinstance(result.outcome, Report):
                    verdict = self.world.runner.run(verify(self.engine, name))
                    assert verdict.same, "\n".join(lines(verdict))
        self.store.close()

    # -- helpers

    def config(self) -> Config:
        """Return cockpit's own settings; where they are broken those of before hold."""
        try:
            return load_config(self.root)
        except SettingsError:
            return self.engine._config.now

    def put(self, path: str, content: bytes, *, past: bool = True) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        if past:
            self.past.append((path, content))

    def beneath(self, folder: str) -> Iterable[str]:
        found = (path for path in (self.root / folder).rglob("*") if path.is_file())
        return [path.relative_to(self.root).as_posix() for path in found]

    def tell(self, *changed: str) -> None:
        change = Change(frozenset(changed), time.perf_counter())
        self.world.runner.run(self.engine._follow(change))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    one = World()
    monkeypatch.setattr(Project, "world", one, raising=False)
    yield one
    one.close()


def test_any_history_ends_where_a_cold_run_begins(world: World) -> None:
    Project.TestCase.settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=not _LONGER,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    Project.TestCase().runTest()
