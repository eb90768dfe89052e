"""The words of a diagnosis, how they are gathered, and what they come to."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from cockpit.errors import CockpitError
from cockpit.plain import plain

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


#: What looks at one thing, which may turn out to be several.
Look = Awaitable[Entry | Iterable[Entry]]


async def looked(section: Section, looks: Mapping[str, Look]) -> list[Entry]:
    """Return what each look found, in order; they are taken side by side.

    What could not be found out is said under its name in `looks`, and stops none of the others.
    """
    found = await asyncio.gather(*(_told(section, *one) for one in looks.items()))
    return [entry for some in found for entry in some]


async def _told(section: Section, name: str, look: Look) -> list[Entry]:
    try:
        found = await look
    except CockpitError as error:
        return [Entry(section, name, "unknown", _unknown(error.message), error.hint)]
    except (OSError, ValueError) as error:  # ValueError: names that are no text, or hold a NUL
        return [Entry(section, name, "unknown", _unknown(str(error)))]
    return [found] if isinstance(found, Entry) else list(found)


def _unknown(why: str) -> str:
    return f"this could not be found out: {plain(why)}"


def verdict(entries: Sequence[Entry]) -> tuple[bool, str]:
    """Return whether the main job, to check the project, can be done, and a sentence on all."""
    missing, limited = (
        ", ".join(one.name for one in entries if one.state == state)
        for state in ("missing", "warning")
    )
    if missing:
        return False, f"The project cannot be checked as it should. To mend: {missing}."
    if limited:
        return True, f"The project can be checked. Limited: {limited}."
    return True, "The project can be checked, and nothing is limited."
