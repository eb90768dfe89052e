"""Workers do jobs; whatever befalls one costs no other job and leaves no process."""

import asyncio
import concurrent.futures
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cockpit import process, worker
from cockpit.workers import CannotWork, JobFailed, Pool, WorkerDied, WorkerTimeout
from tests import worker_jobs as jobs
from tests.descendants import family, wait_until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="workers talk over POSIX pipes"),
]

MakePool = Callable[..., Pool]


@pytest.fixture
def make_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakePool]:
    """Make pools whose workers find these tests' jobs; none is left when the test ends."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pools: list[Pool] = []

    def make(size: int = 1, timeout: float = 60.0, preload: tuple[str, ...] = ()) -> Pool:
        pools.append(Pool(size, timeout=timeout, preload=preload))
        return pools[-1]

    yield make
    for pool in pools:
        pool.shutdown(cancel_futures=True)
        assert not pool.pids()
    assert not psutil.Process().children() or not [
        child for child in psutil.Process().children() if "cockpit.worker" in child.cmdline()
    ]


def pid_of(pool: Pool) -> int:
    return int(pool.submit(jobs.pid, b"").result(30))


# --- Good jobs ---


def test_a_job_turns_bytes_into_bytes(make_pool: MakePool) -> None:
    pool = make_pool()
    payload = bytes(range(256)) * 100
    assert pool.submit(jobs.echo, payload).result(30) == payload


def test_an_empty_payload_and_a_large_one_arrive_whole(make_pool: MakePool) -> None:
    pool = make_pool()
    large = os.urandom(1 << 20) * 20
    assert pool.submit(jobs.echo, b"").result(30) == b""
    assert pool.submit(jobs.echo, large).result(30) == large


def test_nothing_is_started_before_the_first_job(make_pool: MakePool) -> None:
    pool = make_pool(2)
    assert pool.pids() == []
    pool.submit(jobs.echo, b"").result(30)
    wait_until(lambda: len(pool.pids()) == 2, "two workers")


def test_workers_can_be_warmed_before_there_is_a_job(make_pool: MakePool) -> None:
    pool = make_pool(2, preload=("cockpit.jobs:preload",))
    pool.warm()
    wait_until(lambda: len(pool.pids()) == 2, "two workers")


def test_a_worker_stays_for_the_next_job(make_pool: MakePool) -> None:
    pool = make_pool()
    assert pid_of(pool) == pid_of(pool) == pool.pids()[0] != os.getpid()


@pytest.mark.regression
def test_a_huge_job_leaves_no_worker_that_keeps_its_memory(make_pool: MakePool) -> None:
    pool = make_pool()
    before = pid_of(pool)
    assert pool.submit(jobs.size, bytes(3 << 20)).result(30) == b"%d" % (3 << 20)
    wait_until(lambda: pool.pids() not in ([], [before]), "another worker")
    assert pid_of(pool) != before


def test_jobs_are_done_side_by_side(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(2)
    flag = tmp_path / "go"
    waiting = pool.submit(jobs.wait_for, os.fsencode(flag))
    assert pool.submit(jobs.echo, b"meanwhile").result(30) == b"meanwhile"
    flag.touch()
    assert waiting.result(30) == os.fsencode(flag)


def test_urgent_jobs_overtake_those_that_wait(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    order: list[str] = []
    flag = tmp_path / "go"
    futures = [pool.submit(jobs.wait_for, os.fsencode(flag))]
    for name, urgent in (("slow 1", False), ("slow 2", False), ("now 1", True), ("now 2", True)):
        future = pool.submit(jobs.echo, b"", urgent=urgent)
        future.add_done_callback(lambda _, name=name: order.append(name))
        futures.append(future)
    flag.touch()
    concurrent.futures.wait(futures, 30)
    assert order == ["now 1", "now 2", "slow 1", "slow 2"]


async def test_a_job_can_be_awaited(make_pool: MakePool) -> None:
    future = make_pool().submit(jobs.echo, b"x")
    assert await asyncio.wrap_future(future) == b"x"


def test_a_function_that_a_worker_cannot_find_is_refused_at_once(make_pool: MakePool) -> None:
    with pytest.raises(ValueError, match="a worker cannot find"):
        make_pool().submit(lambda payload: payload, b"")


def test_what_a_tool_prints_or_reads_does_not_reach_the_frames(make_pool: MakePool) -> None:
    pool = make_pool()
    assert pool.submit(jobs.chatter, b"").result(30) == b"read 0"
    assert pool.submit(jobs.echo, b"still well").result(30) == b"still well"


def test_a_worker_yields_to_others_and_sees_no_current_folder(make_pool: MakePool) -> None:
    folder, nice, first = make_pool().submit(jobs.surroundings, b"").result(30).decode().split()
    assert folder == os.sep
    assert int(nice) >= min(19, os.nice(0) + 5)
    assert Path(first).is_absolute()
    assert first != os.sep


@pytest.mark.slow
def test_an_answer_to_a_warm_worker_s_job_takes_about_a_millisecond(make_pool: MakePool) -> None:
    pool = make_pool()
    payload = os.urandom(20_000)
    pool.submit(jobs.echo, payload).result(30)
    seconds = []
    for _ in range(300):
        began = time.perf_counter()
        pool.submit(jobs.echo, payload).result(30)
        seconds.append(time.perf_counter() - began)
    assert statistics.median(seconds) < 0.003  # 0.15 ms on an idle machine


# --- Bad jobs ---


def test_what_a_job_raises_comes_back_in_words(make_pool: MakePool) -> None:
    pool = make_pool()
    with pytest.raises(JobFailed, match="LookupError: no such thing") as caught:
        pool.submit(jobs.fail, b"no such thing").result(30)
    assert (caught.value.kind, caught.value.message) == ("LookupError", "no such thing")
    assert "worker_jobs.py" in caught.value.words


@pytest.mark.parametrize("message", [b"", b"a\0b\0c\0d", b"\xff\xfe", b"x" * 1_000_000])
def test_any_message_comes_back(make_pool: MakePool, message: bytes) -> None:
    with pytest.raises(JobFailed) as caught:
        make_pool().submit(jobs.fail, message).result(30)
    assert caught.value.kind == "LookupError"
    assert len(caught.value.message) >= len(message.replace(b"\0", b""))


def test_a_tool_that_exits_costs_only_its_job(make_pool: MakePool) -> None:
    pool = make_pool()
    before = pid_of(pool)
    with pytest.raises(JobFailed, match="SystemExit: 3"):
        pool.submit(jobs.leave, b"").result(30)
    assert pid_of(pool) == before


def test_a_job_that_needs_too_much_memory_fails_and_gets_a_new_worker(make_pool: MakePool) -> None:
    pool = make_pool()
    before = pid_of(pool)
    with pytest.raises(JobFailed, match="MemoryError"):
        pool.submit(jobs.exhaust, b"").result(30)
    assert pid_of(pool) != before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_worker_that_is_killed_costs_the_job_it_had(make_pool: MakePool, number: int) -> None:
    pool = make_pool()
    doomed = pool.submit(jobs.signal_self, b"%d" % number)
    others = [pool.submit(jobs.echo, b"%d" % index) for index in range(5)]
    with pytest.raises(WorkerDied, match=f"its worker was killed by {signal.Signals(number).name}"):
        doomed.result(30)
    assert [other.result(30) for other in others] == [b"%d" % index for index in range(5)]


def test_a_crash_tells_its_last_words(make_pool: MakePool) -> None:
    pool = make_pool()
    with pytest.raises(WorkerDied) as caught:
        pool.submit(jobs.signal_self, b"%d" % signal.SIGSEGV).result(30)
    assert "Segmentation fault" in caught.value.words
    with pytest.raises(WorkerDied, match="its worker ended with exit code 7") as caught:
        pool.submit(jobs.exit_at_once, b"7").result(30)
    assert caught.value.words == "these are my last words"


def test_ten_deaths_in_a_row_lose_no_other_job(make_pool: MakePool) -> None:
    pool = make_pool(2)
    futures = []
    for index in range(10):
        futures.append(pool.submit(jobs.signal_self, b"9"))
        futures.append(pool.submit(jobs.echo, b"%d" % index))
    assert all(isinstance(future.exception(60), WorkerDied) for future in futures[::2])
    assert [future.result(60) for future in futures[1::2]] == [b"%d" % n for n in range(10)]


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="needs waitid(2)")
def test_a_worker_killed_from_outside_ten_times_goes_on(make_pool: MakePool) -> None:
    pool = make_pool()
    for _ in range(10):
        before = pid_of(pool)
        os.kill(before, signal.SIGKILL)
        wait_until(lambda pid=before: ended(pid), "its end")
        assert pid_of(pool) != before  # no job was under way, so none is lost


def ended(pid: int) -> bool:
    """Whether our child `pid` has ended with all its threads; it is not reaped by asking."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def alive(pid: int) -> bool:
    """Whether `pid` runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("job", [jobs.hang, jobs.compute])
def test_a_job_that_never_ends_is_cut_off_at_the_time_limit(
    make_pool: MakePool, job: Callable[[bytes], bytes]
) -> None:
    pool = make_pool(timeout=0.3)
    pool.submit(jobs.echo, b"").result(30)
    hanging, worker_pid = pool.submit(job, b""), pool.pids()[0]
    with pytest.raises(WorkerTimeout, match=r"took longer than 0.3 s") as caught:
        hanging.result(30)
    assert "`timeout`" in caught.value.hint
    assert not alive(worker_pid)
    assert pool.submit(jobs.echo, b"on").result(30) == b"on"


def test_a_stopped_worker_is_cut_off_though_it_reads_nothing(make_pool: MakePool) -> None:
    pool = make_pool(timeout=0.3)
    os.kill(pid_of(pool), signal.SIGSTOP)
    with pytest.raises(WorkerTimeout):
        pool.submit(jobs.size, b"x" * 3_000_000).result(30)
    assert pool.submit(jobs.size, b"x" * 3_000_000).result(30) == b"3000000"


# --- No worker at all ---


def test_workers_that_cannot_start_fail_every_job_and_say_why(make_pool: MakePool) -> None:
    pool = make_pool(2, preload=("tests.worker_jobs:refuse",))
    futures = [pool.submit(jobs.echo, b"") for _ in range(200)]
    began = time.monotonic()
    for future in futures:
        with pytest.raises(CannotWork, match="the tool is not what it was"):
            future.result(30)
    assert time.monotonic() - began < 10  # not one attempt a job


def test_workers_that_are_killed_as_they_start_are_not_started_for_ever(
    make_pool: MakePool,
) -> None:
    pool = make_pool(preload=("tests.worker_jobs:die",))
    with pytest.raises(CannotWork, match="killed before they are ready"):
        pool.submit(jobs.echo, b"").result(60)


# --- The end ---


def test_a_shutdown_waits_for_the_jobs(make_pool: MakePool) -> None:
    pool = make_pool(2)
    futures = [pool.submit(jobs.echo, b"%d" % index) for index in range(20)]
    pool.shutdown()
    assert [future.result(0) for future in futures] == [b"%d" % index for index in range(20)]
    assert not pool.pids()


def test_a_shutdown_that_cancels_cuts_everything_off(make_pool: MakePool) -> None:
    pool = make_pool()
    under_way = pool.submit(jobs.hang, b"")
    waiting = [pool.submit(jobs.echo, b"") for _ in range(3)]
    wait_until(under_way.running, "the start of a job")
    pool.shutdown(cancel_futures=True)
    assert isinstance(under_way.exception(30), WorkerDied | CannotWork)
    assert all(future.cancelled() for future in waiting)


def test_a_shutdown_while_workers_start_ends_them_too(make_pool: MakePool) -> None:
    for _ in range(5):
        pool = make_pool(2)
        pool.warm()
        pool.shutdown(cancel_futures=True)
        assert not pool.pids()


def test_after_a_shutdown_there_are_no_jobs(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(jobs.echo, b"")
    pool.warm()
    assert not pool.pids()


def test_a_cancelled_job_is_not_done(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool()
    flag = tmp_path / "go"
    first = pool.submit(jobs.wait_for, os.fsencode(flag))
    second = pool.submit(jobs.signal_self, b"9")
    assert second.cancel()
    flag.touch()
    assert first.result(30)
    assert pool.submit(jobs.echo, b"alive").result(30) == b"alive"


@pytest.mark.security
def test_workers_load_nothing_from_the_project(
    make_pool: MakePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cockpit", "ast", "bandit", "msgspec", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open('sprung', 'w')\n")
    monkeypatch.chdir(tmp_path)
    pool = make_pool(preload=("cockpit.jobs:preload",))
    assert pool.submit(jobs.echo, b"x").result(60) == b"x"
    assert not (tmp_path / "sprung").exists()


_BUSY = """
import os, sys, time
from pathlib import Path
from cockpit import workers
from tests import worker_jobs

pool = workers.Pool(2, preload=())
flags = [Path("a").resolve(), Path("b").resolve()]
for flag in flags:
    pool.submit(worker_jobs.compute, os.fsencode(flag))
while not all(flag.exists() for flag in flags):
    time.sleep(0.01)
{end}
"""


@pytest.mark.parametrize(
    "end", ["sys.exit(1)", "os._exit(1)", "os.kill(os.getpid(), 9)", "raise LookupError"]
)
def test_busy_workers_end_with_a_program_that_does_not_shut_down(end: str, tmp_path: Path) -> None:
    with family(_BUSY.replace("{end}", end), tmp_path) as one:
        one.program.wait(30)
        one.wait_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
@pytest.mark.parametrize("job", ["compute", "hog"])
def test_busy_workers_end_though_the_janitor_was_killed_first(job: str, tmp_path: Path) -> None:
    end = "os.kill(process.GUARD._janitor.pid, 9); os.kill(os.getpid(), 9)"
    script = "from cockpit import process\n" + _BUSY.replace("{end}", end)
    with family(script.replace("worker_jobs.compute", f"worker_jobs.{job}"), tmp_path) as one:
        one.program.wait(30)
        one.wait_gone()


@pytest.mark.parametrize("job", [jobs.compute, jobs.hang])
def test_a_busy_worker_ends_when_nobody_can_ask_it_any_more(
    job: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    command = process.python("-m", "cockpit.worker", str(os.getpid()), "0")
    lonely = process.start_worker(command, Path(os.sep))
    name = f"{job.__module__}:{job.__qualname__}"
    try:
        lonely.write(worker.pack(name, b""), time.monotonic() + 30)
        assert lonely._child.stdin is not None
        lonely._child.stdin.close()
        wait_until(lambda: lonely.code is not None, "its end")
        assert lonely.code == 0
    finally:
        lonely.end()


# --- The far end ---


@pytest.mark.unit
def test_a_frame_says_its_length_and_the_job() -> None:
    frame = worker.pack("a.b:c", b"payload")
    assert frame == b"\0\0\0\0\0\0\0\x0e" + b"\0\x05" + b"a.b:c" + b"payload"


@pytest.mark.unit
def test_a_job_is_found_by_its_name() -> None:
    assert worker.find("tests.worker_jobs:echo") is jobs.echo
    assert worker.find("builtins:bytes.upper")(b"x") == b"X"
