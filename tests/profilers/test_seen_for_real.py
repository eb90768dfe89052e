"""py-spy looks at a real process, and what it says proves what runs of the project."""

import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from cockpit.profilers.heat import LineHeat
from cockpit.profilers.places import Places
from cockpit.profilers.profile import Counts, Window
from cockpit.profilers.raw import Parser
from cockpit.profilers.tally import Tally
from cockpit.profilers.witness import Process, Sighting, Texts, Witness

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PROGRAM = """\
import functools


def deco(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner


class Worker:
    done = [one for one in range(3)]

    @property
    def hot(self):
        return sum(x * x for x in range(300))

    @deco
    def spin(self):
        return sorted(range(200), key=lambda one: -one)

    def never(self):
        return 1


def main():
    worker = Worker()
    print("ready", flush=True)
    while True:
        getattr(worker, "hot")
        getattr(worker, "spin")()


main()
"""


def profile_of(pid: int, tmp_path: Path) -> Tally:
    program = Path(sysconfig.get_path("scripts"), "py-spy")
    raw = tmp_path / "raw"
    # It is stopped for each sample: what is read of a process that goes on may be torn.
    command = (program, "record", "-f", "raw", "-t", "--full-filenames", "-d", "1")
    tally, parser = Tally(pid, "python work.py"), Parser(pid)
    while tally.weight < 50:
        words = (*command, "-o", raw, "-p", str(pid))
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode or not raw.exists():
            pytest.skip(f"py-spy may not look at a child here: {done.stderr.decode()[-200:]}")
        for line in raw.read_text(encoding="utf-8").splitlines():
            if parsed := parser.parse(line):
                tally.add(Window(dict([parsed]), Counts(parsed[1], seconds=0.1)))
    return tally


def test_a_property_a_decorated_method_and_their_lambdas_are_seen(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg/work.py").write_text(PROGRAM, encoding="utf-8")
    with subprocess.Popen(
        (sys.executable, "pkg/work.py"), cwd=root, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            tally = profile_of(process.pid, tmp_path)
        finally:
            process.kill()
    heat = LineHeat(tally, Places(root, str(root)))
    sightings = [
        Sighting(one.function.name, one.line, tally.lines[one], tally.total[one.function])
        for one in heat.frames("pkg/work.py")
    ]
    witness = Witness(Texts(root), Process(process.pid, "python work.py", time.time()))
    seen = {one.name: one.samples for one in witness.look({"pkg/work.py": sightings})}
    assert seen.keys() == {"main", "Worker.hot", "Worker.spin", "deco.inner"}
    assert sum((seen["Worker.hot"], seen["Worker.spin"])) <= tally.weight
    lines = heat.lines("pkg/work.py")
    assert lines[line("main()\n")] > 0.9
    share = seen["Worker.hot"] / tally.weight
    assert lines[line("        return sum")] == pytest.approx(share, abs=0.05)
    spin = line("        return sorted")
    assert 0 < heat.own("pkg/work.py")[spin] <= lines[spin] < 1


def line(beginning: str) -> int:
    """Return the number of the last line that begins so."""
    return PROGRAM[: PROGRAM.rindex(f"\n{beginning}") + 1].count("\n") + 1
