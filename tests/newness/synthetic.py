"""Modules made up of functions with offences in them, and the edits that people make to such."""

import ast
import random
from collections.abc import Sequence
from typing import NamedTuple

from cockpit.outline import Scope, outline

#: From how many statements on a function is known again by them.
_STATEMENTS = 6


class Function(NamedTuple):
    """A function at the top level of a module: its name, and the lines of its body."""

    name: str
    body: tuple[str, ...]


class Module(NamedTuple):
    """One file: lines of comment at its head, then functions."""

    head: int
    functions: tuple[Function, ...]

    def text(self) -> str:
        """Return the source."""
        lines = [f"# line {number}" for number in range(self.head)]
        for function in self.functions:
            lines += ["", f"def {function.name}(here, there):"]
            lines += [f"    {statement}" for statement in function.body]
        return "\n".join(lines)

    @staticmethod
    def outline(text: str) -> list[Scope]:
        """Return the scopes of a source text."""
        return outline(ast.parse(text))


class Modules(NamedTuple):
    """A project of two files."""

    files: tuple[Module, Module]
    names: int

    @classmethod
    def of(cls, chance: random.Random, count: int, offences: Sequence[str]) -> "Modules":
        """Make up a project of `count` functions in each file."""
        files = tuple(
            Module(
                chance.randint(0, 3),
                tuple(_function(f"f{file}{at}", chance, offences) for at in range(count)),
            )
            for file in range(2)
        )
        return cls((files[0], files[1]), 0)

    def edited(self, chance: random.Random, count: int) -> "Modules":
        """Return the project after `count` edits that leave every offence what it was."""
        now = self
        for _ in range(count):
            edit = chance.choice((now._shifted, now._renamed, now._reordered, now._moved))
            now = edit(chance)
        return now

    def offended(self, chance: random.Random, offence: str) -> tuple["Modules", str, str]:
        """Return the project with one offence more, and the path and function that it is in."""
        file = chance.choice([at for at in (0, 1) if self.files[at].functions])
        functions = list(self.files[file].functions)
        at = chance.randrange(len(functions))
        body = list(functions[at].body)
        body.insert(chance.randint(0, len(body)), offence)
        functions[at] = functions[at]._replace(body=tuple(body))
        after = self._with(file, self.files[file]._replace(functions=tuple(functions)))
        return after, _path(file), functions[at].name

    def _with(self, file: int, module: Module) -> "Modules":
        files = (module, self.files[1]) if file == 0 else (self.files[0], module)
        return self._replace(files=files)

    def _shifted(self, chance: random.Random) -> "Modules":
        file = chance.randrange(2)
        return self._with(file, self.files[file]._replace(head=chance.randint(0, 9)))

    def _renamed(self, chance: random.Random) -> "Modules":
        file = chance.choice([at for at in (0, 1) if self.files[at].functions])
        functions = list(self.files[file].functions)
        at = chance.randrange(len(functions))
        functions[at] = functions[at]._replace(name=f"renamed{self.names}")
        after = self._with(file, self.files[file]._replace(functions=tuple(functions)))
        return after._replace(names=self.names + 1)

    def _reordered(self, chance: random.Random) -> "Modules":
        file = chance.randrange(2)
        functions = list(self.files[file].functions)
        chance.shuffle(functions)
        return self._with(file, self.files[file]._replace(functions=tuple(functions)))

    def _moved(self, chance: random.Random) -> "Modules":
        file = chance.choice([at for at in (0, 1) if self.files[at].functions])
        here, there = list(self.files[file].functions), list(self.files[1 - file].functions)
        there.insert(chance.randint(0, len(there)), here.pop(chance.randrange(len(here))))
        after = self._with(file, self.files[file]._replace(functions=tuple(here)))
        return after._with(1 - file, after.files[1 - file]._replace(functions=tuple(there)))


def written(modules: Modules) -> dict[str, str]:
    """Return the source of each file."""
    return {_path(at): module.text() for at, module in enumerate(modules.files)}


def _path(file: int) -> str:
    return ("a.py", "b.py")[file]


def _function(name: str, chance: random.Random, offences: Sequence[str]) -> Function:
    body = [f"{name}_{at} = {chance.choice('abc')}{at}(here, {at})" for at in range(_STATEMENTS)]
    for _ in range(chance.randint(0, 3)):
        body.insert(chance.randint(0, len(body)), chance.choice(offences))
    return Function(name, tuple(body))
