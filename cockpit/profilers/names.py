"""What profilers call a function, in the words that a source text has for it."""


def named(name: str) -> str:
    """Return the qualified name of the function that a frame called `name` belongs to.

    `Foo.bar.<locals>.baz` is `Foo.bar.baz`; what has no name of its own, as a lambda or a
    comprehension, is part of the function around it. Empty for none, as for a module's own code.
    """
    parts = name.split(".")
    while parts and parts[-1].startswith("<"):
        parts.pop()
    return ".".join(part for part in parts if part != "<locals>")


def is_bare(name: str) -> bool:
    """Whether a frame's name has one part: all that Pythons before 3.11 say, qualified or not."""
    return "." not in name
