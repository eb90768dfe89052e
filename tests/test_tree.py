"""The project as a tree: sums by folder, kept current, and the lines it is shown as."""

from collections.abc import Callable

import hypothesis.strategies as st
import pytest
from hypothesis import given

from cockpit.model import Finding
from cockpit.tree import Row, Sources, Tree, index_of

pytestmark = pytest.mark.unit

PANES = ("lint", "dead")


def one(path: str, number: int = 1, checker: str = "ruff") -> Finding:
    return Finding(checker, "R1", "high", path, number, 1, number, 2, "words", identity=f"{number}")


def found(**counts: int) -> dict[str, tuple[Finding, ...]]:
    """Return findings by path; a keyword names a path with `_` for `/`."""
    paths = {name.replace("_", "/") + ".py": count for name, count in counts.items()}
    return {path: tuple(one(path, n) for n in range(count)) for path, count in paths.items()}


def tree(sources: Sources) -> Tree:
    made = Tree(PANES)
    made.update(sources)
    return made


def names(tree: Tree, sort: str = "name", *unfolded: str) -> list[str]:
    return ["  " * row.depth + row.name for row in tree.rows(unfolded.__contains__, sort)]


def row(tree: Tree, path: str) -> Row:
    return next(row for row in tree.rows(lambda _: True) if row.path == path)


def everything(path: str) -> bool:
    return True


SOURCES = Sources(
    panes={
        "lint": found(src_app_core_a=3, src_app_core_b=1, src_app_web_a=1, tests_a=1),
        "dead": found(src_app_core_a=1, setup=2),
    },
    new={"ruff": {"src/app/core/a.py": frozenset(("0", "1")), "tests/a.py": frozenset(("0",))}},
    metrics={
        "src/app/core/a.py": {"covered": 1, "total": 4},
        "src/app/core/b.py": {"covered": 4, "total": 4},
        "tests/a.py": {"covered": 0, "total": 0},
        "clean.py": {"covered": 1, "total": 2},
    },
    unread={"broken.py": True, "src/app/web/a.py": False},
)


def test_a_folder_sums_up_everything_below_it() -> None:
    made = tree(SOURCES)
    core = made.totals(row(made, "src/app/core"))
    assert core.counts == (4, 1)
    assert core.new == 3, "two of lint's, and the dead one of the same identity"
    assert core.share == pytest.approx(62.5), "by what there is to cover, not the mean of files"
    assert made.totals().counts == (6, 3)
    assert made.totals().files == len(made) == 7
    assert made.totals().unread == 2


def test_a_file_with_nothing_to_cover_has_no_share() -> None:
    made = tree(SOURCES)
    assert made.totals(row(made, "tests/a.py")).share is None


def test_a_file_is_there_for_its_coverage_or_because_it_could_not_be_read() -> None:
    made = tree(SOURCES)
    assert "clean.py" in made
    assert made.totals(row(made, "broken.py")).unread == 1
    assert made.totals(row(made, "broken.py")).new == 1
    assert made.totals(row(made, "src/app/web/a.py")).new == 0


def test_folders_come_before_files_and_those_with_one_folder_in_them_are_joined() -> None:
    made = tree(SOURCES)
    assert names(made) == ["src/app", "tests", "broken.py", "clean.py", "setup.py"]
    assert names(made, "name", "src/app", "src/app/core")[:5] == [
        "src/app",
        "  core",
        "    a.py",
        "    b.py",
        "  web",
    ]
    assert row(made, "src/app").chain == ("src", "src/app")
    assert row(made, "src/app/core").chain == ("src/app/core",)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("findings", ["src/app", "setup.py", "tests"]),
        ("new", ["src/app", "tests", "broken.py"]),
        ("coverage", ["clean.py", "src/app", "tests"]),
        ("dead", ["setup.py", "src/app", "tests"]),
    ],
)
def test_the_order_is_worst_first_and_by_name_among_equals(sort: str, first: list[str]) -> None:
    assert names(tree(SOURCES), sort)[:3] == first


def test_a_part_has_some_of_the_files_and_sums_up_those() -> None:
    made = tree(SOURCES).only({"src/app/core/a.py", "src/nowhere.py"})
    assert names(made) == ["src/app/core"]
    assert made.totals().counts == (3, 1)
    whole = tree(SOURCES)
    assert "src/app/core/a.py" in whole.files
    rest = whole.only({path for path in whole.files if not path.startswith("src")})
    assert names(rest) == ["tests", "broken.py", "clean.py", "setup.py"]
    assert whole.only(()).rows(everything) == []


def test_only_what_is_new_counts_only_that() -> None:
    made = tree(SOURCES).only_new()
    assert {row.path for row in made.rows(everything) if not row.folder} == {
        "src/app/core/a.py",
        "tests/a.py",
        "broken.py",
    }
    assert made.totals().counts == (3, 1)
    assert made.totals().new == 5


def test_what_is_below_a_folder() -> None:
    made = tree(SOURCES)
    assert set(made.below("src/app/core")) == {"src/app/core/a.py", "src/app/core/b.py"}
    assert len(set(made.below(""))) == len(made)
    assert list(made.below("nowhere")) == []


def test_a_path_is_found_by_itself_or_by_what_stands_for_it() -> None:
    made = tree(SOURCES)
    folded = made.rows(lambda _: False)
    assert folded[index_of(folded, "tests") or 0].path == "tests"
    assert folded[index_of(folded, "src/app/core/a.py") or 0].path == "src/app"
    assert folded[index_of(folded, "src") or 0].path == "src/app"
    assert index_of(folded, "elsewhere/a.py") is None


def test_a_file_may_take_the_place_of_a_folder() -> None:
    made = tree(Sources(panes={"lint": {"a/b": (one("a/b"),)}}))
    made.update(Sources(panes={"lint": {"a/b": (one("a/b"),), "a": (one("a"),)}}))
    assert [(one.path, one.folder) for one in made.rows(everything)] == [
        ("a", True),
        ("a/b", False),
        ("a", False),
    ]
    made.update(Sources(panes={"lint": {"a": (one("a"),)}}))
    assert [(one.path, one.folder) for one in made.rows(everything)] == [("a", False)]


def test_thousands_of_folders_in_each_other_are_walked() -> None:
    paths = ["d/" * depth + "a.py" for depth in range(1, 2000)]
    made = tree(Sources(panes={"lint": {path: (one(path),) for path in paths}}))
    assert max(row.depth for row in made.rows(everything)) == 1999


class Watched(dict[str, tuple[Finding, ...]]):
    """Findings that remember which paths were asked for."""

    def __init__(self, files: dict[str, tuple[Finding, ...]]) -> None:
        super().__init__(files)
        self.asked: list[str] = []

    def get(self, path: str, default: object = None) -> object:  # type: ignore[override]
        self.asked.append(path)
        return super().get(path, default)


def test_an_update_looks_only_at_what_changed() -> None:
    files = {f"pkg/{number}.py": (one(f"pkg/{number}.py"),) for number in range(100)}
    made = tree(Sources(panes={"lint": files}))
    now = Watched({**files, "pkg/7.py": (one("pkg/7.py"), one("pkg/7.py", 2))})
    assert made.update(Sources(panes={"lint": now}))
    assert now.asked == ["pkg/7.py"]
    assert made.totals().counts == (101, 0)
    assert not made.update(Sources(panes={"lint": now}))


# --- However it came to be, it is the same -------------------------------------------------------

_PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)
_FOUND = st.dictionaries(_PATHS, st.integers(1, 3), max_size=6).map(
    lambda counts: {path: tuple(one(path, n) for n in range(c)) for path, c in counts.items()}
)
_NEW = st.dictionaries(_PATHS, st.frozensets(st.sampled_from("012"), min_size=1), max_size=4)
_METRICS = st.dictionaries(
    _PATHS,
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
        lambda pair: {"covered": min(pair), "total": max(pair)}
    ),
    max_size=4,
)
_SOURCES = st.builds(
    Sources,
    panes=st.fixed_dictionaries({"lint": _FOUND, "dead": _FOUND}),
    new=st.fixed_dictionaries({"ruff": _NEW}),
    metrics=_METRICS,
    unread=st.dictionaries(_PATHS, st.booleans(), max_size=2),
)


def seen(tree: Tree, sort: str, unfolded: Callable[[str], bool] = everything) -> list[object]:
    """Return all that a person can see of a tree."""
    rows = tree.rows(unfolded, sort)
    return [tree.totals(), *((row, tree.totals(row)) for row in rows)]


@given(st.lists(_SOURCES, min_size=1, max_size=5), st.sampled_from(("name", "new", "coverage")))
def test_a_tree_kept_current_is_the_tree_made_afresh(steps: list[Sources], sort: str) -> None:
    kept = Tree(PANES)
    for sources in steps:
        before = seen(kept, sort)
        changed = kept.update(sources)
        assert seen(kept, sort) == seen(tree(sources), sort)
        assert changed or seen(kept, sort) == before
        assert set(kept.below("")) == set(tree(sources).below(""))


@given(_SOURCES)
def test_every_folder_is_the_sum_of_what_lies_in_it(sources: Sources) -> None:
    made = tree(sources)
    rows = made.rows(everything)
    for folder in filter(lambda row: row.folder, rows):
        inside = [row for row in rows if not row.folder and row.path.startswith(f"{folder.path}/")]
        totals = [made.totals(row) for row in inside]
        assert made.totals(folder).new == sum(one.new for one in totals)
        assert made.totals(folder).total == sum(one.total for one in totals)
        assert made.totals(folder).files == len(inside)
