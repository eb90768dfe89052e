"""Why a process cannot be sampled: each rule of the systems, and the exact line that helps."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cockpit.profilers import pyspy
from cockpit.profilers.permission import (
    Facts,
    Remedy,
    Subject,
    capabilities,
    facts,
    is_given,
    judged,
    refusal,
    scope_in,
    sentence,
    unexplained,
)

pytestmark = pytest.mark.unit

SUDO = 'sudo env "PATH=$PATH" cockpit top 4711'
TEE = "echo 0 | sudo tee /proc/sys/kernel/yama/ptrace_scope"
DOCKER = "docker run --cap-add SYS_PTRACE"

USER = Facts()
ROOT = Facts(euid=0, capable=True)
#: Root in a container as Docker starts it.
BARE = Facts(euid=0, capable=False, attainable=False)
#: A user in such a container.
BARE_USER = Facts(attainable=False)
MAC = Facts("darwin", euid=501)
MAC_ROOT = Facts("darwin", euid=0, capable=True)

OWN = Subject(4711, "ada")
OTHER = Subject(4711, "bob", same=False, readable=False)


def of(facts: Facts, **changes: object) -> Facts:
    return Facts(**{name: getattr(facts, name) for name in Facts.__struct_fields__} | changes)


# --- Who may look -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "subject"),
    [
        (USER, OWN),
        (ROOT, OTHER),
        (of(ROOT, scope=1), OTHER),
        (of(ROOT, scope=2), OTHER),
        (BARE, OWN),
        (BARE_USER, OWN),
        (of(USER, scope=1), Subject(4711, opened=True)),
        (MAC_ROOT, Subject(4711, program="/opt/homebrew/bin/python3")),
        (Facts("freebsd14"), OWN),
        (USER, Subject(4711, status="traced")),
    ],
)
def test_where_the_system_allows_it_nothing_is_said(facts: Facts, subject: Subject) -> None:
    assert judged(facts, subject).problem == ""
    assert judged(facts, subject).hint == ""


@pytest.mark.parametrize(
    ("facts", "subject", "problem", "commands"),
    [
        (USER, OTHER, "it belongs to bob", [SUDO]),
        (USER, Subject(4711, same=False), "it belongs to another user", [SUDO]),
        (USER, Subject(4711, readable=False), "it has rights of its own that we lack", [SUDO]),
        (of(USER, scope=1), OWN, "ptrace_scope is 1: only root", [SUDO, TEE]),
        (of(USER, scope=1), OTHER, "it belongs to bob", [SUDO]),
        (of(USER, scope=2), OWN, "ptrace_scope is 2: only root", [SUDO]),
        (of(USER, scope=2), Subject(4711, opened=True), "ptrace_scope is 2", [SUDO]),
        (of(ROOT, scope=3), OWN, "ptrace_scope is 3: nobody", [""]),
        (BARE, OTHER, "SYS_PTRACE is missing", [DOCKER]),
        (of(BARE, scope=1), OWN, "ptrace_scope is 1", [DOCKER, TEE]),
        (BARE_USER, OTHER, "it belongs to bob", [DOCKER]),
        (MAC, OWN, "macOS lets only root look into a process", [SUDO]),
        (MAC_ROOT, Subject(4711, program="/usr/bin/python3"), "a Python of its own", [""]),
        (Facts("freebsd14"), OTHER, "it belongs to bob", [SUDO]),
    ],
)
def test_where_it_does_not_the_reason_and_the_exact_command_are_said(
    facts: Facts, subject: Subject, problem: str, commands: list[str]
) -> None:
    found = judged(facts, subject)
    assert problem in found.problem
    assert [one.command for one in found.remedies] == commands
    assert all(f"`{command}`" in found.hint for command in commands if command)


def test_in_a_container_yama_is_the_hosts() -> None:
    assert "on the host until the next boot" in judged(of(BARE, scope=1), OWN).hint
    assert "on the host" not in judged(of(USER, scope=1), OWN).hint


# --- What no permission helps against ---------------------------------------------------------


@pytest.mark.parametrize("facts", [USER, ROOT, MAC, of(USER, scope=1)])
@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        (Subject(4711, status="zombie"), "it has ended"),
        (Subject(4711, free_threaded=True), "free-threaded"),
        (Subject(4711, other_python="PyPy"), "it is PyPy"),
    ],
)
def test_what_py_spy_cannot_read_is_said_before_any_sudo(
    facts: Facts, subject: Subject, problem: str
) -> None:
    found = judged(facts, subject)
    assert problem in found.problem
    assert "sudo" not in found.hint


def test_a_stopped_process_is_let_go_on() -> None:
    found = judged(USER, Subject(4711, status="stopped"))
    assert (found.problem, found.hint) == ("it is stopped", "Let it go on: `kill -CONT 4711`.")


def test_a_stopped_process_of_another_user_is_first_of_all_anothers() -> None:
    assert "bob" in judged(USER, Subject(4711, "bob", same=False, status="stopped")).problem


# --- What is said -----------------------------------------------------------------------------


def test_remedies_make_one_sentence() -> None:
    assert sentence(()) == ""
    assert sentence([Remedy("wait")]) == "Wait."
    assert sentence([Remedy("do", "a"), Remedy("try", "b")]) == "Do: `a`, or try: `b`."


@pytest.mark.security
def test_the_name_of_a_user_sends_nothing_to_the_terminal() -> None:
    assert judged(USER, Subject(1, "b\x1b[2J", same=False)).problem == "it belongs to b\\x1b[2J"


def test_a_refusal_that_nothing_explains_is_told_all_the_same() -> None:
    found = unexplained(USER, OWN)
    assert found.problem == "the system does not let us look into it"
    assert SUDO in found.hint
    assert DOCKER in unexplained(BARE, OWN).hint


def test_a_refusal_that_something_explains_is_explained() -> None:
    assert unexplained(of(USER, scope=1), OWN) == judged(of(USER, scope=1), OWN)


# --- What the system says ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("CapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n", (True, True)),
        ("CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n", (False, True)),
        # As Docker starts a container: root without it.
        ("CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\n", (False, False)),
        ("CapEff:\t0000000000080000\nCapBnd:\t0000000000080000\n", (True, True)),
        ("", (False, True)),
    ],
)
def test_the_right_to_read_processes_is_the_nineteenth_bit(
    status: str, found: tuple[bool, bool]
) -> None:
    assert capabilities(status) == found


@pytest.mark.parametrize(("content", "scope"), [("1\n", 1), ("3", 3), ("", 0), ("x", 0)])
def test_without_yama_its_scope_is_0(content: str, scope: int) -> None:
    assert scope_in(content) == scope


def test_the_facts_of_this_system_can_be_asked_for() -> None:
    assert facts().euid >= 0


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("cap_sys_ptrace+ep", True),
        ("cap_sys_ptrace+p", False),  # it would have to take it up itself
        ("cap_net_raw,cap_sys_ptrace=ep", True),
        ("cap_net_raw+ep", False),
    ],
)
def test_what_setcap_gave_to_a_program_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, found: bool
) -> None:
    program, setcap = tmp_path / "py-spy", shutil.which("setcap", path="/usr/sbin:/sbin")
    program.write_bytes(b"")
    if setcap is None or subprocess.run((setcap, given, program), check=False).returncode:
        pytest.skip("nobody may give a right to a file here")
    assert is_given(str(program)) is found
    assert not is_given(f"{program}-and-none")
    monkeypatch.setattr(pyspy, "program", lambda: str(program))
    assert pyspy.rights() == facts(str(program))
    assert pyspy.rights().capable is (found or facts().capable)


def test_py_spys_refusal_always_has_a_reason_and_a_way_out() -> None:
    words, hint = refusal(1)
    assert words.startswith("py-spy may not look into process 1: ")
    assert hint


def test_a_refusal_by_a_process_that_is_gone_is_no_error() -> None:
    assert all(refusal(2**22 + 1))
