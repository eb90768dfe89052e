"""A pane that measures: its total as a bar with the goal on it, and the folders that miss most."""

from collections.abc import Mapping

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from cockpit.model import Metric
from cockpit.plain import plain
from cockpit.ui.draw import fit, shorten
from cockpit.ui.style import Look

#: The widest that a bar is drawn, in cells: beyond this a longer one says nothing more.
_BAR = 72
#: How many folders are remembered.
_FOLDERS = 40

Folder = tuple[str, float, float]


def bar(metric: Metric, width: int, look: Look) -> list[list[Segment]]:
    """Return two lines: `83.2 %  6,167 of 7,412 · goal 80 %` and the bar."""
    palette, signs = look.palette, look.signs
    percent, goal = metric.get("percent", 0.0), metric.get("goal", 0.0)
    style = palette.good if percent >= goal else palette.medium
    words = f"  {metric.get('covered', 0):,.0f} of {metric.get('total', 0):,.0f}"
    words += f" {signs.dot} goal {goal:g} %" if goal else ""
    head = [
        Segment(f"{percent:.1f} %", style + Style(bold=True)),
        Segment(words, palette.muted),
    ]
    length = min(width, _BAR)
    done = min(length, int(length * percent / 100))
    line = Strip(
        [Segment(signs.bar * done, style), Segment(signs.rest * (length - done), palette.faint)]
    )
    if 0 < goal <= 100 and length > 1:
        mark = min(length - 1, int(length * goal / 100))
        goal_mark = Segment(signs.goal, palette.text)
        line = Strip([*line.crop(0, mark), goal_mark, *line.crop(mark + 1, length)])
    return [head, [segment for segment in line if segment.text]]


def coverage_of(whole: Metric, files: Mapping[str, Metric]) -> Metric:
    """Return the coverage of some files of a project, with the goal of the `whole`."""
    sums = {
        name: sum(metric.get(name, 0.0) for metric in files.values())
        for name in ("total", "covered", "missing")
    }
    percent = 100 * sums["covered"] / sums["total"] if sums["total"] else 100.0
    return {**whole, **sums, "percent": percent}


def worst_folders(metrics: Mapping[str, Metric]) -> list[Folder]:
    """Return (folder, covered, total) of those that miss most, most first."""
    sums: dict[str, list[float]] = {}
    for path, metric in metrics.items():
        total = sums.setdefault(path.rpartition("/")[0] or ".", [0.0, 0.0])
        total[0] += metric.get("covered", 0.0)
        total[1] += metric.get("total", 0.0)
    found = [(name, covered, total) for name, (covered, total) in sums.items() if covered < total]
    found.sort(key=lambda folder: (folder[1] - folder[2], folder[0]))
    return found[:_FOLDERS]


def folder_row(folder: Folder, width: int, look: Look) -> list[Segment]:
    """Return one folder as a line: name, share covered, how many miss."""
    name, covered, total = folder
    palette = look.palette
    share = f"{int(100 * covered / total)} %".rjust(6)  # 99.6 is not yet all
    missing = f"{total - covered:,.0f} missing".rjust(15)
    room = width - len(share) - len(missing)
    if room < 12:
        missing, room = "", width - len(share)
    return [
        Segment(fit(shorten(plain(name), room, look.signs.more), room), palette.text),
        Segment(share, palette.strong),
        Segment(missing, palette.muted),
    ]
