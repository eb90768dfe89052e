"""The baseline file: what is written is read again, by any machine and after any merge."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit import baseline
from cockpit.baseline import NAME, Entry, entry_of, parse, read, render, write
from cockpit.errors import CockpitError
from cockpit.model import Finding
from cockpit.plain import plain

pytestmark = pytest.mark.unit

ENTRY = Entry("src/app/x.py", "ruff", "F401", "3f9a" * 5, "Query.run", "`os` imported but unused")
LINE = "src/app/x.py  ruff  F401  3f9a3f9a3f9a3f9a3f9a  in Query.run: `os` imported but unused"


def entry(path: str = "a.py", identity: str = "1" * 20, message: str = "words") -> Entry:
    return Entry(path, "ruff", "F401", identity, "f", message)


def found(path: str = "a.py", identity: str = "1" * 20, message: str = "words") -> Finding:
    return Finding("ruff", "F401", "low", path, 9, 1, 9, 2, message, identity=identity, symbol="f")


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


# --- What it looks like ---


class TestTheFile:
    def test_says_one_finding_a_line(self) -> None:
        assert lines(render([ENTRY])) == [LINE]

    def test_begins_with_what_it_is(self) -> None:
        assert render([]).startswith("# cockpit baseline, version 1: ")

    def test_is_sorted_and_says_nothing_twice(self) -> None:
        entries = [entry("b.py"), entry("a.py", "2"), entry("a.py", "1"), entry("b.py")]
        assert [line[:18] for line in lines(render(entries))] == [
            "a.py  ruff  F401  ",
            "a.py  ruff  F401  ",
            "b.py  ruff  F401  ",
        ]
        assert render(entries) == render(reversed(entries))

    @pytest.mark.parametrize(
        ("words", "kept"),
        [
            ("Redefinition of unused `os` from line 12", "Redefinition of unused `os` from line …"),
            ("a deserialiser <_ast.Call at 0x7f3a5c0b2d90>", "a deserialiser <_ast.Call at 0x…>"),
            ("`f` is too complex (11 > 10)", "`f` is too complex (11 > 10)"),
            ("line too long (120 > 88)", "line too long (120 > 88)"),
        ],
    )
    def test_holds_nothing_that_an_edit_elsewhere_changes(self, words: str, kept: str) -> None:
        assert entry_of(found(message=words)).message == kept


# --- There and back ---

TEXT = st.text(st.characters(codec=None), max_size=12)
PATH = TEXT.filter(lambda path: not path.startswith("/") and ".." not in path.split("/"))
BYTES = st.binary(max_size=8).map(os.fsdecode).filter(lambda path: not path.startswith("/"))
NASTY = st.sampled_from(
    [
        "a b.py",
        "a  b",
        " ",
        "#a",
        "in x: y",
        "in ",
        "\\",
        "\\s",
        "\\e",
        "a\nb",
        "\t",
        "<<<<<<< x",
        "",
    ]
)
ENTRIES = st.builds(
    Entry,
    PATH | BYTES | NASTY,
    TEXT | NASTY,
    TEXT | NASTY,
    TEXT | NASTY,
    TEXT | NASTY,
    TEXT | NASTY,
)


def seen(one: Entry) -> Entry:
    """The entry as it is read again: blanks around a message say nothing."""
    return Entry(one.path, one.checker, one.rule, one.identity, one.symbol, one.message.strip(" "))


class TestThereAndBack:
    @given(
        st.lists(ENTRIES, max_size=5, unique_by=lambda one: (one.path, one.checker, one.identity))
    )
    def test_every_entry_is_read_as_it_was_written(self, entries: list[Entry]) -> None:
        text = render(entries)
        assert set(parse(text)) == set(map(seen, entries))
        assert render(parse(text)) == text
        assert all(plain(line) == line for line in text.split("\n"))

    @given(st.text(max_size=60))
    def test_whatever_is_in_it_is_read_or_explained(self, content: str) -> None:
        text = render([]) + content
        try:
            entries = parse(text)
        except CockpitError as error:
            explained = re.match(rf"{NAME}, line \d+: .", error.message)
            assert explained
        else:
            assert parse(render(entries)) == entries

    def test_line_ends_of_another_system_are_none_of_its_words(self) -> None:
        text = render([ENTRY]).replace("\n", "\r\n")
        assert parse(text) == (ENTRY,)
        assert parse(render([ENTRY]) + f"{LINE}  \n\n# a word of ours\n") == (ENTRY,)


# --- What is wrong with it ---


class TestAMistake:
    @pytest.mark.parametrize(
        ("line", "what"),
        [
            ("a.py ruff F401 1 words", "line 3: five fields belong there"),
            ("a.py  ruff  F401  1", "line 3: five fields belong there"),
            ("a.py    ruff  F401  1  x", "line 3: five fields belong there"),
            ("/etc/passwd  ruff  F401  1  x", "line 3: /etc/passwd lies outside the project"),
            ("a/../../b  ruff  F401  1  x", "line 3: a/../../b lies outside the project"),
            ("a\\q.py  ruff  F401  1  x", "line 3: \\q means nothing"),
            ("a\\x41.py  ruff  F401  1  x", "line 3: \\x means nothing"),
            ("a.py  ruff  F401  1  in f words", "line 3: `in` takes a name, a colon"),
            ("<<<<<<< HEAD", "line 3: a merge left a conflict here"),
            ("=======", "line 3: a merge left a conflict here"),
        ],
    )
    def test_is_told_with_its_line_and_what_to_do(self, line: str, what: str) -> None:
        with pytest.raises(CockpitError) as caught:
            parse(render([]) + line + "\n")
        assert what in caught.value.message and caught.value.hint

    @pytest.mark.parametrize("text", ["", LINE, "# something else\n"])
    def test_of_another_file_is_told(self, text: str) -> None:
        with pytest.raises(CockpitError, match="line 1: it does not begin with"):
            parse(text)

    def test_of_a_later_version_is_told(self) -> None:
        with pytest.raises(CockpitError, match="is of version 2"):
            parse(render([]).replace("version 1", "version 2"))

    def test_in_the_encoding_names_the_line(self, tmp_path: Path) -> None:
        (tmp_path / NAME).write_bytes(render([ENTRY]).encode() + b"caf\xe9\n")
        with pytest.raises(CockpitError, match="line 4: it is not UTF-8"):
            read(tmp_path)

    def test_of_calling_for_none_says_how_to_make_one(self, tmp_path: Path) -> None:
        with pytest.raises(CockpitError) as caught:
            read(tmp_path)
        assert "there is no" in caught.value.message and "baseline write" in caught.value.hint


# --- The disk ---


class TestWriting:
    def test_is_read_again(self, tmp_path: Path) -> None:
        write(tmp_path, [ENTRY])
        assert read(tmp_path) == (ENTRY,)
        assert [path.name for path in tmp_path.iterdir()] == [NAME]

    def test_keeps_the_mode(self, tmp_path: Path) -> None:
        write(tmp_path, [])
        (tmp_path / NAME).chmod(0o640)
        write(tmp_path, [ENTRY])
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o640

    def test_that_fails_leaves_what_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, [ENTRY])

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(CockpitError, match="cannot be written: No space left"):
            write(tmp_path, [])
        assert read(tmp_path) == (ENTRY,)
        assert [path.name for path in tmp_path.iterdir()] == [NAME]

    @pytest.mark.security
    def test_through_a_link_that_leaves_the_project_is_refused(self, tmp_path: Path) -> None:
        root = tmp_path / "project"
        root.mkdir()
        (tmp_path / "precious").write_text("precious")
        (root / NAME).symlink_to(tmp_path / "precious")
        with pytest.raises(CockpitError, match="a link that leaves the project"):
            write(root, [ENTRY])
        assert (tmp_path / "precious").read_text() == "precious"

    def test_through_a_link_within_the_project_keeps_the_link(self, tmp_path: Path) -> None:
        (tmp_path / "settings").mkdir()
        (tmp_path / NAME).symlink_to(Path("settings") / "known.txt")
        write(tmp_path, [ENTRY])
        assert (tmp_path / NAME).is_symlink() and read(tmp_path) == (ENTRY,)

    @pytest.mark.security
    def test_waits_for_no_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / NAME)
        with pytest.raises(CockpitError, match="not a regular file"):
            read(tmp_path)


# --- Merging ---


def git(root: Path, *words: str) -> None:
    command = ("git", "-c", "user.name=a", "-c", "user.email=a@b", *words)
    subprocess.run(command, cwd=root, check=True, capture_output=True)


@pytest.mark.integration
def test_two_branches_files_merge_as_the_union_of_their_lines(tmp_path: Path) -> None:
    common = [entry(f"{name}.py") for name in "bdfh"]
    git(tmp_path, "init", "-qb", "main")
    (tmp_path / ".gitattributes").write_text(f"{NAME} merge=union\n")
    write(tmp_path, common)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "both")
    git(tmp_path, "checkout", "-qb", "other")
    write(tmp_path, [*common, entry("c.py"), entry("e.py", message="theirs"), entry("z.py")])
    git(tmp_path, "commit", "-qam", "theirs")
    git(tmp_path, "checkout", "-q", "main")
    write(tmp_path, [*common[1:], entry("a.py"), entry("c.py"), entry("e.py", message="ours")])
    git(tmp_path, "commit", "-qam", "ours")
    git(tmp_path, "merge", "-q", "other")
    merged = read(tmp_path)
    assert [one.path[0] for one in merged] in (list("acdefhz"), list("abcdefhz"))
    assert baseline.render(merged).count("# cockpit baseline, version") == 1
