"""The formats that profiles are written in, and what a file's name says of its own."""

import enum
from pathlib import Path

from cockpit.errors import CockpitError
from cockpit.profilers import document, flamegraph, raw, speedscope
from cockpit.profilers.profile import Profile, heaviest


class Format(enum.StrEnum):
    """How a profile is written."""

    #: py-spy's: a line a stack, for flamegraph.pl and whoever reads the like.
    RAW = "raw"
    #: Ours: everything.
    JSON = "json"
    #: For https://www.speedscope.app.
    SPEEDSCOPE = "speedscope"
    #: py-spy's page, for a browser.
    FLAMEGRAPH = "flamegraph"

    @property
    def suffix(self) -> str:
        """How the name of such a file ends."""
        return _SUFFIXES[self][0]


#: How names of files end; the longer is looked for first.
_SUFFIXES = {
    Format.SPEEDSCOPE: (".speedscope.json", ".speedscope"),
    Format.FLAMEGRAPH: (".svg",),
    Format.RAW: (".raw", ".txt", ".folded"),
    Format.JSON: (".json",),
}


def suggested(path: Path) -> Format | None:
    """Return the format that a file's name says, or None where it says none."""
    name = path.name.lower()
    for format_, suffixes in _SUFFIXES.items():
        if name.endswith(suffixes):
            return format_
    return None


def encoded(profile: Profile, format_: Format, page: str = "") -> bytes:
    """Return a profile in a format; for a flame graph with py-spy's blank `page`.

    Raises `CockpitError` where nothing was seen: only our own format can say that.
    """
    if format_ is Format.JSON:
        return document.encoded(profile)
    if not profile.weight:
        raise CockpitError(
            f"no stack was seen, so there is nothing to write as {format_}",
            "Sample for longer, or while the process works; json also keeps that nothing was seen.",
        )
    if format_ is Format.RAW:
        return "".join(raw.written(heaviest(profile.stacks))).encode()
    if format_ is Format.SPEEDSCOPE:
        return speedscope.encoded(profile)
    return flamegraph.filled(page, profile).encode()
