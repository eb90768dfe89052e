"""The rule's page in the browser, and what is copied where there is none."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cockpit.checkers.interface import RuleDoc
from cockpit.ui.browser import Way, is_page, way_to_show
from cockpit.ui.clipboard import doubt, wrapped_for_screen
from tests.ui.fakes import FakeBackend, finding, report, running, snapshot, until, until_shown
from tests.ui.test_editor import recorder

pytestmark = pytest.mark.integration

URL = "https://example.org/rule?a=1&b=2"
F401 = msgspec.structs.replace(finding(line=4, message="os\nunused"), url=URL)
FIRST = snapshot(ruff=report(F401))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without a display, whatever the real one has."""
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "SSH_TTY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    return monkeypatch


def there(*names: str) -> Callable[[str], str]:
    return lambda name: f"/bin/{name}" if name in names else ""


@pytest.mark.security
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "-version",
        "https://",
        "http://[",
        "https://example.org/\x1b[2J",
        "https://example.org/ --new-window",
        "ftp://example.org",
    ],
)
def test_only_pages_of_the_web_are_opened(url: str) -> None:
    assert not is_page(url)
    assert is_page(URL)


@pytest.mark.parametrize(
    ("environment", "platform", "programs", "way"),
    [
        ({"DISPLAY": ":0"}, "linux", ("xdg-open",), Way(("xdg-open", URL))),
        ({"WAYLAND_DISPLAY": "w"}, "linux", ("xdg-open",), Way(("xdg-open", URL))),
        ({}, "darwin", (), Way(("open", URL))),
        ({"WSL_DISTRO_NAME": "Debian"}, "linux", ("wslview",), Way(("wslview", URL))),
        ({"BROWSER": "firefox -P x"}, "linux", ("firefox",), Way(("firefox", "-P", "x", URL))),
        ({"BROWSER": "w3m:ff --to=%s"}, "linux", ("w3m", "ff"), Way(("ff", f"--to={URL}"))),
        ({"BROWSER": "ff", "SSH_TTY": "x"}, "linux", ("ff",), Way(("ff", URL))),
    ],
)
def test_a_page_is_shown_by_an_argument_list(
    environment: dict[str, str], platform: str, programs: tuple[str, ...], way: Way
) -> None:
    assert way_to_show(URL, environment, platform, there(*programs)) == way


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a b"}, "other end of SSH"),
        ({}, "no display"),
        ({"BROWSER": "lynx"}, "no display"),
        ({"BROWSER": "gone"}, "no display"),
    ],
)
def test_where_no_browser_can_open_it_says_why(environment: dict[str, str], reason: str) -> None:
    way = way_to_show(URL, environment, "linux", there("xdg-open", "lynx"))
    assert not way.argv
    assert reason in way.reason
    without = way_to_show(URL, {"DISPLAY": ":0"}, "linux", there())
    assert "neither $BROWSER nor xdg-open" in without.reason


async def test_o_opens_the_page_apart_from_our_terminal(
    backend: FakeBackend, tmp_path: Path, desk: pytest.MonkeyPatch
) -> None:
    browser, notes = recorder(tmp_path, "firefox")
    desk.setenv("BROWSER", str(browser))
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "o")
        await until(pilot, notes.exists)
        await until_shown(app, pilot, f"opened {URL}")
    assert notes.read_text(encoding="utf-8").strip() == repr([[URL], True, False])


async def test_o_copies_the_address_where_no_browser_can_open(
    backend: FakeBackend, desk: pytest.MonkeyPatch
) -> None:
    desk.setenv("SSH_TTY", "/dev/pts/1")
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "o")
        await until_shown(app, pilot, "a browser would open")
        assert app.clipboard == URL


async def test_o_takes_the_address_from_the_rules_documentation(
    backend: FakeBackend, desk: pytest.MonkeyPatch
) -> None:
    backend.doc = RuleDoc("F401", "unused-import", "words", url="https://example.org/doc")
    bare = snapshot(ruff=report(finding()))
    async with running(backend, first=bare) as (app, pilot):
        await pilot.press("1", "o")
        await until(pilot, lambda: app.clipboard == "https://example.org/doc")


@pytest.mark.parametrize(
    ("url", "said"),
    [("", "ruff names no page for F401"), ("file:///etc/passwd", "is no page of the web")],
)
async def test_a_finding_without_a_page_says_why(
    backend: FakeBackend, desk: pytest.MonkeyPatch, url: str, said: str
) -> None:
    backend.doc = RuleDoc("F401", "unused-import", "words")
    one = msgspec.structs.replace(F401, url=url)
    async with running(backend, first=snapshot(ruff=report(one))) as (app, pilot):
        await pilot.press("1", "o")
        await until_shown(app, pilot, said)


async def test_y_copies_the_place_and_shift_y_the_whole_finding(backend: FakeBackend) -> None:
    async with running(backend, first=FIRST) as (app, pilot):
        await pilot.press("1", "y")
        assert app.clipboard == "pkg/a.py:4"
        await until_shown(app, pilot, "copied pkg/a.py:4")
        await pilot.press("Y")
        assert app.clipboard == "pkg/a.py:4:1: F401 os\\nunused", "one line, whatever it says"


def test_gnu_screen_gets_the_copy_wrapped() -> None:
    assert wrapped_for_screen("a:1") == "\x1bP\x1b]52;c;YTox\x07\x1b\\"


def test_a_terminal_that_takes_no_copies_is_named() -> None:
    assert "GNOME" in doubt({"VTE_VERSION": "7006"})
    assert doubt({"TERM": "xterm-kitty"}) == ""
