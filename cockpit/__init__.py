"""cockpit: every check of a Python project, live in one terminal."""

__version__ = "0.1.0"
