"""The errors a user can cause; nothing else raises to the command line."""


class CockpitError(Exception):
    """What happened, and in `hint` what to do next; shown as one clear sentence each."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the message and the hint apart, so that each surface can lay them out."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(CockpitError):
    """The command line asks for something that cannot be."""


class SettingsError(CockpitError):
    """A settings file says something that cannot be understood."""


class CheckerError(CockpitError):
    """A tool could not give an answer: missing, crashed, timed out or misconfigured.

    `words` holds what the tool itself printed, for whoever wants to read on.
    """

    def __init__(self, message: str, hint: str = "", words: str = "") -> None:
        """Keep the tool's own words beside our sentence."""
        super().__init__(message, hint)
        self.words = words
