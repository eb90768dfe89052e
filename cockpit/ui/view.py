"""How a person looks at a pane or at the files: plain values that a session remembers."""

from typing import Literal

import msgspec

from cockpit.model import SEVERITIES, Severity

#: "heat" is there for as long as a profiler knows of any.
Sort = Literal["worst", "place", "rule", "heat"]
Group = Literal["", "file", "rule", "tool"]


class View(msgspec.Struct, frozen=True):
    """Filter, least severity, order, grouping, folded groups, zoom, and the cursor's finding.

    `dismissed` shows what was dismissed in place of what was not, `hide_seen` leaves out what was
    seen running. `cursor` is the key of a finding
    (path, checker, identity), or None.
    """

    words: str = ""
    least: Severity = SEVERITIES[-1]
    sort: Sort = "worst"
    group: Group = ""
    folded: frozenset[str] = frozenset()
    zoomed: bool = False
    dismissed: bool = False
    hide_seen: bool = False
    cursor: tuple[str, str, str] | None = None


class FilesView(msgspec.Struct, frozen=True):
    """How a person looks at the tree of files: order, unfolded folders, filter, the cursor's path.

    `unfolded` is None until there was a tree; `sort` is one of `tree.SORTS` or a pane's id.
    """

    sort: str = "name"
    unfolded: frozenset[str] | None = None
    words: str = ""
    cursor: str = ""


CpuTab = Literal["Top", "Tree", "Flame", "Lines", "Threads", "Dump", "Recordings", "Output"]


class CpuView(msgspec.Struct, frozen=True):
    """How a person looks at a sampled process: the open view, which time comes first, the zoom.

    `inverted` is the tree from the innermost functions to their callers.
    """

    tab: CpuTab = "Top"
    sort: Literal["own", "total"] = "own"
    inverted: bool = False
    zoomed: bool = False


class MemoryView(msgspec.Struct, frozen=True):
    """How a person looks at memory: which bytes come first, and the zoom."""

    sort: Literal["own", "total"] = "own"
    zoomed: bool = False
