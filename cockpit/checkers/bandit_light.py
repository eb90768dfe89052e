"""bandit, far half: spares its walk what comes to nothing; what it finds stays its own tests' work.

At every node bandit prepares for tests and looks for `# nosec`, also where there is no test of
that kind of node, and no such comment in the file. Here both are asked first. It holds for the
versions whose source was read; under any other nothing is changed.
"""

from importlib.metadata import version
from typing import Any

from bandit.core import node_visitor, tester

#: The versions in which `visit` and `_get_nosecs_from_contexts` are as this module takes them.
KNOWN = ("1.9.4",)
#: Deeper than this in a syntax tree everything is as it was: near the end of Python's stack even
#: a call that does nothing can be the one too many, and must be so under the same circumstances.
_DEEP = 150

_prepare = tester.BanditTester.__init__


def lighten() -> bool:
    """Change bandit in this process, if it is a known one; return whether it was."""
    if version("bandit") not in KNOWN:
        return False
    node_visitor.BanditNodeVisitor.visit = _visit
    tester.BanditTester.__init__ = _init
    return True


def _visit(self: Any, node: Any) -> None:
    """Visit `node` as bandit does, unless no test wants its kind: then it would add up zeros.

    It calls what bandit's own method calls, with no frame between: see `recursion`.
    """
    name = node.__class__.__name__
    visitor = getattr(self, "visit_" + name, None)
    if visitor is not None:
        visitor(node)
    elif name in self.testset.tests or self.depth > _DEEP:
        self.update_scores(self.tester.run_tests(self.context, name))


def _init(self: Any, *arguments: Any) -> None:
    """Prepare as bandit does; in a file without `# nosec` nobody need look for one by line."""
    _prepare(self, *arguments)
    if not self.nosec_lines:
        self._get_nosecs_from_contexts = _no_nosec


def _no_nosec(_context: Any, test_result: Any = None) -> None:
    """Say that there is no comment, as bandit does after it has looked line by line."""
