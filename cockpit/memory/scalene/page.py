"""scalene's own page of what it measured, made by its own command; it needs no network.

It has none either: whatever is in it, it may load nothing and ask nobody.
"""

import re
import sys
from pathlib import Path

from cockpit.errors import CockpitError
from cockpit.memory.scalene.document import parse
from cockpit.memory.scalene.installed import check
from cockpit.plain import plain
from cockpit.private import Unusable, check_folder
from cockpit.process import Completed, run
from cockpit.profilers.files import Unreadable, content_of, put, why
from cockpit.profilers.scratch import private_folder

#: What scalene calls its page, in the folder where it is.
_ITS_NAME = "scalene-profile.html"
#: No page is larger, in bytes: it holds the profile, and two megabytes of its own.
_LIMIT = 512 << 20
#: Its own policy allows everything; a second one can only take away. Without it the page asks the
#: machine's own port 11434 for models, and its server for keys and every 10 s for nothing; its
#: buttons would send lines of the source to whoever gives advice for a key.
_POLICY = (
    b'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    b"script-src 'unsafe-inline' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
    b"img-src data: blob:; font-src data:; form-action 'none'; base-uri 'none'\">"
)
_HEAD = re.compile(rb"<head[^>]*>")


async def make(profile: Path, folder: Path, interpreter: str = sys.executable) -> Path:
    """Make the page of a profile in `folder`, which is for this user alone; return where it is.

    `interpreter` is one that has scalene: ours may have none. One page that is there is written
    over. Raises `CockpitError`.
    """
    try:
        check_folder(folder)
        content = content_of(profile)[0]
        parse(content)
        with private_folder() as scratch:
            await check(interpreter, scratch)
            page = await _page(interpreter, content, scratch, profile.name)
        output = folder / f"{profile.stem}-scalene.html"
        put(output, page)
    except Unusable as error:
        raise CockpitError(
            f"no page can be kept in {plain(str(folder))}: {plain(str(error))}",
            "Mend that, or name another folder in COCKPIT_DATA_DIR.",
        ) from error
    except Unreadable as error:
        raise CockpitError(
            f"{plain(str(profile))} cannot be read: {error}", "Run the program again."
        ) from error
    except OSError as error:
        raise CockpitError(f"no page can be written: {plain(why(error))}") from error
    return output


async def _page(interpreter: str, content: bytes, scratch: Path, name: str) -> bytes:
    """Have scalene make its page in `scratch`: it writes into the folder where it is."""
    given = scratch / "profile.json"
    # The profile becomes part of a script: no name in it may end that.
    put(given, content.replace(b"<", b"\\u003c"))
    argv = (interpreter, "-m", "scalene", "view", "--standalone", given.name)
    done = await run(argv, scratch, timeout=None)
    if done.code:
        raise CockpitError(f"scalene made no page of {plain(name)}: {_why(done)}")
    made = scratch / _ITS_NAME
    if not made.is_file() or made.stat().st_size > _LIMIT:
        raise CockpitError(f"scalene made no page of {plain(name)}: {_why(done)}")
    page, places = _HEAD.subn(lambda found: found[0] + _POLICY, made.read_bytes(), count=1)
    if not places:
        raise CockpitError(f"what scalene made of {plain(name)} is no page")
    return page


def _why(done: Completed) -> str:
    lines = [line for line in (done.output + done.errors).splitlines() if line.strip()]
    return plain(lines[-1].decode(errors="replace").strip()) if lines else f"exit {done.code}"
