"""Two profiles become one tree that knows what grew and what shrank."""

import pytest
from hypothesis import given

from cockpit.profilers.comparing import DiffNode, afterwards, compared
from cockpit.profilers.profile import (
    PROCESS,
    THREAD,
    Counts,
    Frame,
    Function,
    Profile,
    Stack,
    Thread,
)
from tests.profilers.profiles import profiles

pytestmark = pytest.mark.unit

A, B, C = (Function(name, "/srv/app.py") for name in "abc")


def profile(*stacks: tuple[str, str, int], thread: str = "1", pid: int = 1) -> Profile:
    """Of (thread's name, functions, samples)."""
    functions = {"a": A, "b": B, "c": C}
    return Profile(
        {
            Stack(Thread(pid, thread, name), tuple(Frame(functions[f], 1) for f in path)): count
            for name, path, count in stacks
        },
        Counts(),
        100,
        pid,
    )


def below(node: DiffNode, *functions: Function) -> DiffNode:
    for function in functions:
        node = node.children[function]
    return node


def nodes(node: DiffNode) -> list[DiffNode]:
    return [node, *(one for child in node.children.values() for one in nodes(child))]


MAIN = Function("MainThread", THREAD)


class TestTwoProfilesCompared:
    def test_know_shares_of_the_whole_of_each(self) -> None:
        root = compared(
            profile(("MainThread", "ab", 30), ("MainThread", "a", 10)),
            profile(("MainThread", "ab", 30), ("MainThread", "ac", 90)),
        )
        a, b, c = (below(root, MAIN, *path) for path in ([A], [A, B], [A, C]))
        assert (a.before, a.after, a.own_before, a.own_after) == (1.0, 1.0, 0.25, 0.0)
        assert (b.before, b.after, b.change) == (0.75, 0.25, -0.5)
        assert (c.before, c.after, c.own_change) == (0.0, 0.75, 0.75)

    def test_match_threads_by_name(self) -> None:
        root = compared(
            profile(("MainThread", "a", 1), thread="10", pid=10),
            profile(("MainThread", "a", 3), thread="20", pid=20),
        )
        assert list(root.children) == [MAIN]
        assert below(root, MAIN, A).total == [1, 3]

    def test_have_threads_without_a_name_together(self) -> None:
        root = compared(profile(("", "a", 1), thread="1"), profile(("", "a", 1), thread="2"))
        assert list(root.children) == [Function("thread", THREAD)]

    def test_match_processes_by_command(self) -> None:
        thread = Thread(7, "7", "MainThread")

        def of(pid: int) -> Profile:
            stack = Stack(thread, (Frame(A),), ((pid, "worker"),))
            return Profile({stack: 1}, Counts(), 100)

        root = compared(of(7), of(8))
        assert below(root, Function("worker", PROCESS), MAIN, A).total == [1, 1]

    def test_have_the_largest_of_either_first(self) -> None:
        root = compared(
            profile(("MainThread", "a", 6), ("MainThread", "b", 4)),
            profile(("MainThread", "b", 1), ("MainThread", "c", 9)),
        )
        assert [node.function for node in below(root, MAIN).ordered()] == [C, A, B]

    def test_may_be_empty(self) -> None:
        root = compared(profile(), profile(("MainThread", "a", 1)))
        assert (root.before, root.after) == (0.0, 1.0)
        assert compared(profile(), profile()).children == {}

    @given(profiles, profiles)
    def test_lose_no_sample(self, before: Profile, after: Profile) -> None:
        root = compared(before, after)
        assert root.total == [before.weight, after.weight]
        for node in nodes(root):
            for side in (0, 1):
                filled = sum(child.total[side] for child in node.children.values())
                assert node.own[side] + filled == node.total[side]

    @given(profiles)
    def test_change_nothing_where_they_are_the_same(self, one: Profile) -> None:
        root = compared(one, one)
        assert all(node.change == node.own_change == 0 for node in nodes(root))
        assert root.total == [one.weight, one.weight]

    @given(profiles, profiles)
    def test_give_the_later_tree_with_what_changed(self, before: Profile, after: Profile) -> None:
        tree, changes = afterwards(compared(before, after))
        assert tree.total == after.weight
        assert abs(changes[id(tree)]) <= 1
        todo = [tree]
        while todo:
            node = todo.pop()
            todo += node.children.values()
            assert id(node) in changes
            assert node.total == node.own + sum(one.total for one in node.children.values())
