"""The words of a diagnosis, and what they come to."""

from collections.abc import Sequence
from typing import Literal

import msgspec

#: It is as it should be; it limits something; the main job cannot be done without; nobody can tell.
State = Literal["ok", "warning", "missing", "unknown"]
Section = Literal["project", "tools", "processes", "screen", "folders"]


class Entry(msgspec.Struct, frozen=True):
    """One thing that was looked at: `words` say how it is, `hint` what to do about it."""

    section: Section
    name: str
    state: State
    words: str
    hint: str = ""


def verdict(entries: Sequence[Entry]) -> tuple[bool, str]:
    """Return whether the main job, to check the project, can be done, and a sentence on all."""
    missing = [one.name for one in entries if one.state == "missing"]
    limited = sum(one.state == "warning" for one in entries)
    if missing:
        return False, f"The project cannot be checked as it should: {', '.join(missing)}."
    if limited:
        noun = "thing is" if limited == 1 else "things are"
        return True, f"The project can be checked; {limited} {noun} limited."
    return True, "Everything works."
