"""scalene's JSON, read strictly: what it measured of each line and function, number for number.

Megabytes are scalene's: 1048576 bytes. Percentages are of the whole run's time, 0 to 100.
"""

from pathlib import Path
from typing import Annotated

import msgspec

from cockpit.plain import plain
from cockpit.profilers.files import Unreadable, content_of

#: What scalene writes where it measured nothing at all.
_NOTHING = b"{}"

#: What msgspec says of what ends too early.
_CUT_OFF = "Input data was truncated"

_Number = Annotated[int, msgspec.Meta(ge=0)]

_NAMES = {
    "python": "n_cpu_percent_python",
    "native": "n_cpu_percent_c",
    "system": "n_sys_percent",
    "cores": "n_core_utilization",
    "waiting": "n_async_await_percent",
    "peak": "n_peak_mb",
    "average": "n_avg_mb",
    "allocated": "n_malloc_mb",
    "allocations": "n_mallocs",
    "share": "n_usage_fraction",
    "python_share": "n_python_fraction",
    "copied": "n_copy_mb_s",
    "gpu": "n_gpu_percent",
    "gpu_peak": "n_gpu_peak_memory_mb",
    "gpu_average": "n_gpu_avg_memory_mb",
}


class Costs(msgspec.Struct, frozen=True, rename=_NAMES):
    """What a line or a function took.

    Of the time (percent): in Python, in native code, in the system and waiting; `waiting` is of all
    time that coroutines waited. `cores` is the share of all cores that was busy (0..1). Of the
    memory: the most and the average at once (MB), all that was allocated (MB) and how often;
    `share` is its part (0..1) of all that the program allocated, `python_share` the part (0..1)
    of its own that Python objects had. `copied` is in MB/s, `gpu` in percent of the GPU's time.
    """

    python: float
    native: float
    system: float
    cores: float
    peak: float
    average: float
    allocated: float
    allocations: _Number
    share: float
    python_share: float
    copied: float
    gpu: float
    gpu_peak: float
    gpu_average: float
    waiting: float = 0.0

    @property
    def cpu(self) -> float:
        """All of its time, in percent."""
        return self.python + self.native + self.system


class Line(Costs, frozen=True, rename=_NAMES | {"line": "lineno"}, kw_only=True):
    """What line `line` took, from 1."""

    line: _Number


class Function(
    Costs, frozen=True, rename=_NAMES | {"name": "line", "line": "lineno"}, kw_only=True
):
    """What the lines of a function took; `line` is its first."""

    name: str
    line: _Number


class Leak(msgspec.Struct, frozen=True, rename={"speed": "velocity_mb_s"}):
    """A line that may leak: how likely that is (0..1), and how fast, in MB/s."""

    likelihood: float
    speed: float


class File(msgspec.Struct, frozen=True, rename={"cpu": "percent_cpu_time"}):
    """A file in which something was measured; leaks are by line."""

    cpu: float
    lines: list[Line]
    functions: list[Function]
    leaks: dict[_Number, Leak]


class Sample(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """All memory at a moment: nanoseconds since the beginning, and MB."""

    at: float
    size: float


class Report(
    msgspec.Struct,
    frozen=True,
    rename={
        "elapsed": "elapsed_time_sec",
        "began": "start_time_absolute",
        "arguments": "args",
        "peak": "max_footprint_mb",
        "peak_python_share": "max_footprint_python_fraction",
        "peak_path": "max_footprint_fname",
        "peak_line": "max_footprint_lineno",
        "native": "native_allocations_mb",
    },
):
    """What scalene knows of a run so far.

    `began` is seconds since the epoch, `elapsed` seconds. `peak` is the most memory at once (MB),
    and it was at `peak_path` and `peak_line`; `native` are MB of threads without Python.
    `growth_rate` is in percent: above 1 scalene looks for leaks. `samples` are a choice of some
    hundred moments. Of files with less than 1 % of the time and 100 MB nothing is written.
    """

    program: str
    elapsed: float
    began: float
    memory: bool
    gpu: bool
    files: dict[str, File]
    growth_rate: float
    peak: float
    peak_python_share: float
    peak_path: str | None
    peak_line: _Number | None
    samples: list[Sample]
    gpu_device: str = ""
    arguments: list[str] | None = None
    native: float = 0.0


def read(path: Path) -> Report:
    """Return what is in a file of scalene's; raise `Unreadable` where it is none, or not whole."""
    return parse(content_of(path)[0])


def parse(content: bytes) -> Report:
    """Return what scalene wrote; raise `Unreadable` where it is not that."""
    if content.strip() == _NOTHING:
        raise Unreadable("scalene measured nothing in it")
    try:
        return msgspec.json.decode(content, type=Report)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(_why(error)) from error


def _why(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"it is not as scalene writes it: {plain(str(error))}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if str(error) == _CUT_OFF:
        return "it is cut off"
    return f"it is no JSON: {plain(str(error))}"
