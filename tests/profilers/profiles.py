"""Profiles for tests: a small one that is easy to read, and any that hypothesis can think of."""

from hypothesis import strategies as st

from cockpit.profilers.profile import Counts, Frame, Function, Profile, Stack, Thread

MAIN, POOL = Thread(42, "42", "MainThread"), Thread(42, "43", "pool; (x)")
MODULE = Frame(Function("<module>", "/srv/app/main.py"), 9)
WORK = Frame(Function("Job.work", "/srv/app/job.py"), 12)
NATIVE = Frame(Function("deflate", "/usr/lib/libz.so.1"))


def small(command: str = "python main.py") -> Profile:
    """Three stacks of two threads: 60, 30 and 10 samples."""
    return Profile(
        stacks={
            Stack(MAIN, (MODULE, WORK)): 60,
            Stack(MAIN, (MODULE, WORK, NATIVE)): 30,
            Stack(POOL, (WORK,)): 10,
        },
        counts=Counts(samples=90, errors=1, torn=2, late=3, seconds=0.9),
        rate=100,
        pid=42,
        command=command,
        began=1_700_000_000.25,
        ended=1_700_000_001.5,
        folded=7,
    )


#: What breaks a format, and a byte that is not UTF-8 as `os.fsdecode` has it.
HOSTILE = ";() \"'&<>/:,\\\n\r\t\0\x1b\x85\u2028\ufffe\uffff\udc80\udcff{}[]0"
names = st.text(st.sampled_from(HOSTILE) | st.characters(exclude_categories=["Cs"]), max_size=12)
frames = st.builds(Frame, st.builds(Function, names, names), st.integers(0, 10**6))
processes = st.lists(st.tuples(st.integers(1, 2**22), names), max_size=2).map(tuple)
ids = st.integers(1, 2**40).map(str) | st.integers(1, 2**40).map(hex)


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    owners = draw(processes)
    pid = owners[-1][0] if owners else 42
    thread = Thread(pid, draw(ids), draw(names))
    return Stack(thread, tuple(draw(st.lists(frames, min_size=1, max_size=5))), owners)


counts = st.builds(
    Counts, *[st.integers(0, 10**9)] * 4, st.floats(0, 1e9, allow_nan=False, allow_infinity=False)
)
times = st.floats(0, 4e9, allow_nan=False)
profiles = st.builds(
    Profile,
    stacks=st.dictionaries(stacks(), st.integers(1, 10**9), min_size=1, max_size=6),
    counts=counts,
    rate=st.integers(1, 1000),
    pid=st.just(42),
    command=names,
    began=times,
    ended=times,
    folded=st.integers(0, 10**6),
)
