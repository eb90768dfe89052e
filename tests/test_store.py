"""What is kept comes back exactly or not at all, and no trouble with the store reaches anybody."""

import hashlib
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import database, private, store
from cockpit.store import DAYS, Store
from tests.descendants import wait_until

pytestmark = pytest.mark.integration

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


def key(name: object) -> bytes:
    return hashlib.blake2b(str(name).encode(), digest_size=16).digest()


def rows(count: int, seed: int = 0) -> dict[bytes, bytes]:
    """`count` values as facts are: some tiny, some text of a few kB, some incompressible."""
    chance = random.Random(seed)
    made = {}
    for index in range(count):
        text = b" ".join(b"name_%d" % chance.randrange(200) for _ in range(chance.randrange(600)))
        made[key((seed, index))] = (b"", b"x", text, chance.randbytes(300))[index % 4]
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "cockpit"


def kept(folder: Path, items: dict[bytes, bytes]) -> None:
    """Keep `items` in a store of their own, in order."""
    one = Store(folder)
    one.put(items.items())
    one.close()
    assert one.note == ""


# --- What it is for ---


def test_what_was_put_comes_back_at_the_next_start(folder: Path) -> None:
    items = rows(1200)
    kept(folder, items)
    again = Store(folder)
    assert again.get([*items, key("unknown")]) == items
    again.close()
    assert again.note == ""


def test_a_newer_value_replaces_the_older(folder: Path) -> None:
    one = Store(folder)
    one.put([(key("a"), b"old")])
    one.put(iter([(key("a"), b"new"), (key("b"), b"other")]))
    assert one.get([key("a"), key("a"), key("b")]) == {key("a"): b"new", key("b"): b"other"}
    one.close()


def test_no_directory_means_to_keep_nothing() -> None:
    one = Store(None)
    one.put([(key("a"), b"x")])
    assert one.get([key("a")]) == {}
    one.close()
    assert one.note == ""


def test_nothing_is_asked_and_nothing_put(folder: Path) -> None:
    one = Store(folder)
    one.put([])
    assert one.get([]) == {}
    one.close()
    assert one.note == ""


def test_after_its_end_a_store_keeps_nothing_and_complains_of_nothing(folder: Path) -> None:
    one = Store(folder)
    one.close()
    one.put([(key("a"), b"x")])
    assert one.get([key("a")]) == {}
    one.close()


def test_any_thread_may_use_it(folder: Path) -> None:
    one = Store(folder)
    parts = [rows(100, seed) for seed in range(6)]
    threads = [threading.Thread(target=lambda part=part: one.put(part.items())) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for part in parts:
        assert one.get(list(part)) == part
    one.close()


def test_facts_of_a_large_project_fit_in_the_budget(folder: Path) -> None:
    text = " ".join(f"some_name_{number * 7919 % 3000}" for number in range(80)).encode()
    items = {key(index): text + b"%d" % index for index in range(11_256)}  # 2,814 files x 4
    kept(folder, items)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 30e6


# --- Who may have written it ---


@posix
@pytest.mark.security
def test_folder_and_files_are_for_this_user_only(folder: Path) -> None:
    one = Store(folder)
    one.put(rows(50).items())
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    one.close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert "facts.sqlite" in modes


@posix
@pytest.mark.security
def test_a_folder_that_others_may_write_in_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    one = Store(folder)
    assert "is not used: other users may write there." in one.note
    assert one.get([key("a")]) == {}
    assert list(folder.iterdir()) == []


@posix
@pytest.mark.security
def test_a_folder_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(private.os, "getuid", lambda: folder.stat().st_uid + 1)
    assert "it belongs to another user" in Store(folder).note
    assert list(folder.iterdir()) == []


@posix
@pytest.mark.security
def test_a_file_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "precious").write_text("do not touch")
    (folder / "facts.sqlite").symlink_to(tmp_path / "precious")
    one = Store(folder)
    one.put([(key("a"), b"x")])
    assert one.get([key("a")]) == {key("a"): b"x"}
    one.close()
    assert (tmp_path / "precious").read_text() == "do not touch"
    assert not (folder / "facts.sqlite").is_symlink()


@posix
@pytest.mark.security
def test_a_lock_that_is_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "facts.lock").symlink_to(tmp_path / "made")
    assert "is not used" in Store(folder).note
    assert not (tmp_path / "made").exists()


@posix
def test_a_pipe_in_its_place_holds_nobody_up(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    os.mkfifo(folder / "facts.sqlite", 0o600)
    one = Store(folder)
    one.put([(key("a"), b"x")])
    assert one.get([key("a")]) == {key("a"): b"x"}
    one.close()


@pytest.mark.security
def test_the_path_in_a_note_is_made_safe_to_show(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[31mred"
    folder.write_text("a file")
    assert "\\x1b[31mred" in Store(folder).note


# --- Damage ---


def foreign(folder: Path) -> None:
    with sqlite3.connect(folder / "facts.sqlite") as db:
        db.execute("CREATE TABLE mine (a)")
    db.close()


def other_version(folder: Path) -> None:
    db = sqlite3.connect(folder / "facts.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()


def other_columns(folder: Path) -> None:
    db = sqlite3.connect(folder / "facts.sqlite")
    db.execute("ALTER TABLE facts RENAME COLUMN value TO what")
    db.close()


def garbage(folder: Path) -> None:
    (folder / "facts.sqlite").write_bytes(random.Random(1).randbytes(50_000))


def header_only(folder: Path) -> None:
    os.truncate(folder / "facts.sqlite", 100)


def halved(folder: Path) -> None:
    path = folder / "facts.sqlite"
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "damage", [foreign, other_version, other_columns, garbage, header_only, halved]
)
def test_a_file_that_is_not_ours_is_set_aside_and_begun_anew(folder: Path, damage: object) -> None:
    items = rows(400)
    if damage is foreign:
        folder.mkdir(parents=True, mode=0o700)
    else:
        kept(folder, items)
    assert callable(damage)
    damage(folder)
    one = Store(folder)
    found = one.get(list(items))
    assert found.items() <= items.items()
    one.put([(key("a"), b"x")])
    assert one.get([key("a")]) == {key("a"): b"x"}
    one.close()
    assert "was set aside as" in one.note
    assert "facts.sqlite.damaged-1" in one.note
    assert (folder / "facts.sqlite.damaged-1").exists()
    kept(folder, {key("b"): b"y"})  # and the next start has nothing to say


def test_only_one_damaged_file_is_kept(folder: Path) -> None:
    for _ in range(3):
        kept(folder, rows(10))
        garbage(folder)
        Store(folder).close()
    assert sorted(path.name for path in folder.iterdir()) == [
        "facts.lock",
        "facts.sqlite",
        "facts.sqlite.damaged-1",
    ]


def test_an_empty_file_is_a_new_store(folder: Path) -> None:
    folder.mkdir(parents=True, mode=0o700)
    (folder / "facts.sqlite").touch(0o600)
    kept(folder, rows(10))


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bytes_never_change_an_answer(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    items = rows(150)
    kept(folder, items)
    path = folder / "facts.sqlite"
    content = bytearray(path.read_bytes())
    reach = 100 if seed % 4 == 0 else len(content)  # the header, every fourth time
    for _ in range(chance.choice((1, 3, 30, 300))):
        content[chance.randrange(reach)] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    for _ in range(2):
        one = Store(folder)
        assert one.get(list(items)).items() <= items.items()
        one.put([(key("new"), b"value")])
        assert one.get([key("new")]) == {key("new"): b"value"} or one.note
        one.close()


def test_a_value_that_moved_under_another_key_is_not_believed(folder: Path) -> None:
    items = {key("a"): b"value of a", key("b"): b"value of b"}
    kept(folder, items)
    db = sqlite3.connect(folder / "facts.sqlite", isolation_level=None)
    db.execute("UPDATE facts SET value = (SELECT value FROM facts WHERE key = ?)", [key("a")])
    db.close()
    one = Store(folder)
    assert one.get(list(items)) == {key("a"): b"value of a"}
    one.close()


@pytest.mark.parametrize("value", ["text", 7, None, b"", b"short"])
def test_a_value_that_is_none_of_ours_is_not_believed(folder: Path, value: object) -> None:
    kept(folder, {key("a"): b"x"})
    db = sqlite3.connect(folder / "facts.sqlite", isolation_level=None)
    db.execute("UPDATE facts SET value = ?", [value])
    db.close()
    one = Store(folder)
    assert one.get([key("a")]) == {}
    one.close()


@pytest.mark.regression
@pytest.mark.parametrize("name", ["text", 7, None])
def test_a_row_whose_key_is_none_of_ours_is_not_believed(name: object) -> None:
    # A damaged row answers to a whole index: seen after 1,500 damaged files.
    assert store._unseal(name, b"12345678-x") is None


def test_damage_that_shows_only_later_is_healed_too(folder: Path) -> None:
    items = rows(400)
    kept(folder, items)
    one = Store(folder)
    path = folder / "facts.sqlite"
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    assert one.get(list(items)).items() <= items.items()
    one.put([(key("a"), b"x")])
    assert one.get([key("a")]) == {key("a"): b"x"}
    one.close()
    assert "set aside" in one.note


def test_a_damaged_file_that_another_uses_is_left_to_it(folder: Path) -> None:
    kept(folder, rows(10))
    other = Store(folder)
    other_version(folder)
    one = Store(folder)
    assert "it is damaged, and another cockpit is using it" in one.note
    assert not (folder / "facts.sqlite.damaged-1").exists()
    one.close()
    other.close()


# --- Two at once, and sudden ends ---

_WRITER = """
import sys
from pathlib import Path
from cockpit.store import Store
from tests.test_store import rows
one = Store(Path(sys.argv[1]))
print("open", flush=True)
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    items = rows(40, seed)
    one.put(items.items())
    assert one.get(list(items)) == items, one.note
one.close()
assert not one.note, one.note
"""


def writer(folder: Path, first: int, last: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        (sys.executable, "-c", _WRITER, str(folder), str(first), str(last)),
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_cockpits_write_at_once(folder: Path) -> None:
    both = [writer(folder, 0, 60), writer(folder, 40, 100)]
    assert [one.communicate()[1] for one in both] == [b"", b""]
    store_now = Store(folder)
    for seed in range(100):
        items = rows(40, seed)
        assert store_now.get(list(items)) == items
    store_now.close()
    assert store_now.note == ""


def test_one_that_holds_the_file_for_long_costs_facts_and_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    kept(folder, {key("a"): b"x"})
    one = Store(folder)
    other = sqlite3.connect(folder / "facts.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    one.put([(key("b"), b"y")])
    assert one.get([key("a"), key("b")]) == {key("a"): b"x"}
    other.execute("ROLLBACK")
    other.close()
    one.put([(key("b"), b"y")])
    assert one.get([key("b")]) == {key("b"): b"y"}
    one.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_sudden_end_at_any_moment_leaves_a_store_that_opens(folder: Path, seed: int) -> None:
    one = writer(folder, 0, 10_000)
    assert one.stdout is not None
    if seed % 2:
        one.stdout.readline()
        grown = random.Random(seed).randrange(1_000_000)
        wait_until(lambda: size_of(folder) > grown, "some growth")
    else:
        wait_until(folder.exists, "the first steps")
    one.send_signal(signal.SIGKILL)
    one.communicate()
    survivor = Store(folder)
    for number in range(20):
        items = rows(40, number)
        assert survivor.get(list(items)) in ({}, items)  # a put is whole or not at all
    survivor.put([(key("a"), b"x")])
    assert survivor.get([key("a")]) == {key("a"): b"x"}
    survivor.close()
    assert survivor.note == ""


def size_of(folder: Path) -> int:
    """The bytes of all files in `folder`; some may vanish meanwhile."""
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


# --- No room, no right ---


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[object]:
    """Mount a small file system; skips where one may not."""
    place = tmp_path / "mount"
    place.mkdir(mode=0o700)

    def mount(options: str) -> Path:
        command = ("mount", "-t", "tmpfs", "-o", f"mode=0700,{options}", "none", str(place))
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("may not mount a file system")
        return place

    if sys.platform != "linux" or not shutil.which("mount"):
        pytest.skip("needs mount(8)")
    yield mount
    subprocess.run(("umount", str(place)), check=False, capture_output=True)


def test_a_full_disk_costs_new_facts_only(mount: object) -> None:
    assert callable(mount)
    folder = mount("size=512k")
    one = Store(folder)
    first, more = rows(4), rows(4_000, 1)
    one.put(first.items())
    one.put(more.items())
    assert "is not used: the disk is full." in one.note
    assert one.get([*first, *more]).items() <= (first | more).items()
    one.put(first.items())
    one.close()
    again = Store(folder)
    assert again.get(list(first)).items() <= first.items()
    again.close()


def test_a_disk_that_is_full_from_the_start_costs_nothing_else(mount: object) -> None:
    assert callable(mount)
    folder = mount("size=64k")
    (folder / "ballast").write_bytes(bytes(60_000))
    one = Store(folder)
    one.put(rows(400).items())
    assert "is not used" in one.note
    one.close()


def test_a_folder_that_may_not_be_written_costs_nothing_else(mount: object) -> None:
    assert callable(mount)
    folder = mount("size=1m")
    kept(folder, rows(4))
    subprocess.run(("mount", "-o", "remount,ro", str(folder)), check=True)
    one = Store(folder)
    one.put(rows(4).items())
    assert "is not used" in one.note
    assert one.get(list(rows(4))).items() <= rows(4).items()
    one.close()


@posix
@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="not for root")
def test_a_folder_without_the_right_to_write_costs_nothing_else(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    one = Store(folder)
    assert "is not used" in one.note
    one.close()
    folder.chmod(0o700)


@posix
def test_a_limit_on_the_size_of_files_costs_nothing_else(folder: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from cockpit.store import Store
from tests.test_store import rows
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
one = Store(Path(sys.argv[1]))
for seed in range(20):
    one.put(rows(200, seed).items())
    assert one.get(list(rows(200, seed))).items() <= rows(200, seed).items()
one.close()
print(one.note)
"""
    done = subprocess.run(
        (sys.executable, "-c", script, str(folder)),
        cwd=Path(__file__).parents[1],
        check=False,
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"is not used" in done.stdout


def test_a_file_where_the_folder_should_be_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    for folder in (tmp_path / "cache", tmp_path / "cache" / "below"):
        one = Store(folder)
        one.put([(key("a"), b"x")])
        assert one.get([key("a")]) == {}
        assert "is not used" in one.note
        one.close()


# --- Growing old ---


def days(folder: Path) -> dict[bytes, int]:
    db = sqlite3.connect(folder / "facts.sqlite")
    found = dict(db.execute("SELECT key, day FROM facts"))
    db.close()
    return found


def test_what_nobody_asked_for_in_a_month_is_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_today", lambda: 1000)
    kept(folder, {key("used"): b"1", key("unused"): b"2"})
    monkeypatch.setattr(store, "_today", lambda: 1000 + DAYS)
    one = Store(folder)
    one.get([key("used")])
    one.close()
    assert days(folder) == {key("used"): 1000 + DAYS, key("unused"): 1000}
    monkeypatch.setattr(store, "_today", lambda: 1000 + DAYS + 1)
    Store(folder).close()
    assert days(folder) == {key("used"): 1000 + DAYS}


def test_a_store_that_outgrew_its_size_drops_the_longest_unused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SIZE", 1_000_000)
    chance = random.Random(0)
    for day in range(30):
        monkeypatch.setattr(store, "_today", lambda day=day: 1000 + day)
        kept(folder, {key((day, index)): chance.randbytes(5_000) for index in range(20)})
    left = days(folder)
    assert key((29, 0)) in left
    assert key((0, 0)) not in left
    assert size_of(folder) < 1_300_000
