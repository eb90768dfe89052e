"""Sees the heap of a program that memray tracks, by a child that reads what memray writes.

The child does nothing to the program, which neither waits for it nor knows of it.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from cockpit import process
from cockpit.errors import CockpitError
from cockpit.memory import far_live
from cockpit.memory.model import Live
from cockpit.plain import plain
from cockpit.profilers.launch import how
from cockpit.profilers.target import Target

#: Bytes of a picture at most: paths may be long.
_LONGEST = 16 << 20
_GOES_ON = "The program and its capture go on."


class LiveReader:
    """Takes pictures of a tracked program's heap, once a second, whenever somebody wants some."""

    def __init__(self, path: Path, target: Target, limits: str = "") -> None:
        """See the program `target`, which memray captures in `path`.

        The file must be there; it may be empty yet. `limits` says what is not seen.
        """
        self.path, self.target, self.limits = path, target, limits
        #: The last picture; None before the first.
        self.last: Live | None = None
        #: Whether no picture will come any more.
        self.over = False
        self._words = ""

    @property
    def words(self) -> str:
        """What is to be said of the view now, and of the capture, as whole sentences."""
        if self._words:
            return self._words
        ending = "Ending the view changes nothing: the program and its capture go on."
        return f"{self.limits} {ending}".strip()

    async def run(self, on_picture: Callable[[Live], None]) -> None:
        """Hand on pictures until the program ends, or we are cancelled; then `words` say more.

        It may be run again: the child then reads the capture from its beginning, which takes a
        second for some million allocations. Raises `CockpitError` where no child can be started.
        """
        self._words = ""
        words = (str(self.path), str(self.target.pid), self.target.mark)
        command = process.python("-m", far_live.__name__, *words)
        running = process.start(command, self.path.parent)
        try:
            while (line := await running.line()) is not None:
                picture = msgspec.json.decode(line, type=Live)
                self.last = self._as_seen(picture)
                on_picture(self.last)
            code = await running.ended()
            said = (await running.errors()).decode(errors="replace").strip()
            self._words = self._ending(code, said)
        except (msgspec.MsgspecError, process.TooMuchOutput) as error:
            raise CockpitError(
                f"the live view ended: {plain(str(error))}", f"{_GOES_ON} Open the view again."
            ) from error
        finally:
            await running.end()

    def _as_seen(self, picture: Live) -> Live:
        """Return a picture whose peak is that of all pictures there were, by other children too."""
        peak = max(picture.peak, self.last.peak if self.last else 0)
        return msgspec.structs.replace(picture, peak=peak)

    def _ending(self, code: int, said: str) -> str:
        """Return in words why no more pictures come."""
        gone = self.target.standing == "ended"
        if code == far_live.ENDED:
            self.over = True
            if gone:
                return "The program has ended; this is what it never freed."
            return "memray has stopped tracking; the program goes on."
        if code == far_live.NOTHING:
            self.over = gone
            return f"There was nothing to see: memray captured nothing. {'' if gone else _GOES_ON}"
        last = plain(said.splitlines()[-1].strip()) if said else how(code)
        if code == far_live.UNREADABLE:
            self.over = True
            return f"Our memray cannot read what the program's memray writes: {last} {_GOES_ON}"
        rest = (
            "Its capture is kept." if gone else f"{_GOES_ON} Open the view again to go on seeing."
        )
        return f"The live view ended {how(code)}: {last}. {rest}"
