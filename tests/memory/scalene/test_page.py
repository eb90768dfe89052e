"""scalene's own page: it holds what was measured, and may ask nobody for anything."""

import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cockpit.errors import CockpitError
from cockpit.memory.scalene import page
from tests.memory.scalene.runs import Outcome, needs_scalene

pytestmark = [pytest.mark.integration, pytest.mark.slow]


class Loaded(HTMLParser):
    """Collects all that a page has loaded by its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.found += [
                value
                for name, value in attrs
                if name in ("src", "href", "data", "action") and value and value[:5] != "data:"
            ]


@pytest.fixture
async def made(worked: Outcome, tmp_path: Path) -> Path:
    """Return the page of a real run."""
    return await page.make(worked.path, tmp_path / "pages")


@needs_scalene
async def test_it_is_a_page_that_only_we_may_read(made: Path, worked: Outcome) -> None:
    assert made.name == "kept-scalene.html"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert [path.name for path in made.parent.iterdir()] == [made.name]
    content = made.read_bytes()
    assert b"def copy(what, times):" in content
    assert str(worked.folder / "work.py").encode() in content


@needs_scalene
@pytest.mark.security
async def test_it_loads_nothing(made: Path) -> None:
    content = made.read_bytes()
    loaded = Loaded()
    loaded.feed(content.decode())
    assert loaded.found == []
    head = content[: content.index(b"<script")]
    assert b"default-src 'none'" in head
    assert b"connect-src" not in page._POLICY  # what is not named is as the default
    assert b"googletagmanager" not in content


@needs_scalene
@pytest.mark.security
async def test_a_name_in_the_profile_ends_no_script(worked: Outcome, tmp_path: Path) -> None:
    evil = tmp_path / "evil.json"
    content = worked.path.read_text()
    evil.write_text(content.replace("work.py", "</script><img src=http://x.example>.py"))
    made = await page.make(evil, tmp_path / "pages")
    text = made.read_text()
    assert "x.example" in text
    assert "</script><img" not in text


@needs_scalene
async def test_what_is_no_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{}\n")
    with pytest.raises(CockpitError, match="cannot be read: scalene measured nothing in it"):
        await page.make(tmp_path / "p.json", tmp_path / "pages")
    with pytest.raises(CockpitError, match="cannot be read: no such file"):
        await page.make(tmp_path / "gone.json", tmp_path / "pages")


@needs_scalene
async def test_a_folder_of_others_is_refused(worked: Outcome, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(CockpitError, match=r"no page can be kept in .*: other users may write"):
        await page.make(worked.path, tmp_path)


async def test_the_project_is_not_where_scalene_is_looked_for(
    worked: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scalene.py").write_text("raise SystemExit('the project was imported')")
    monkeypatch.chdir(tmp_path)
    assert (await page.make(worked.path, tmp_path / "pages")).exists()
