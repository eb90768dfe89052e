"""cockpit's own settings while it runs: read anew on save, kept while the new ones are wrong."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from cockpit.config import USUAL_EXCLUDES, Config, differing, load_config, own_mistakes
from cockpit.errors import SettingsError
from cockpit.places import user_settings_file
from cockpit.project import Excludes

_AT_START = "`tools`, `workers` and `timeout` take effect when cockpit is started again"


class LiveConfig:
    """The settings as they are now, and what is to be said of them."""

    def __init__(self, root: Path, config: Config, leave_out: Sequence[str] = ()) -> None:
        """Begin with `config`; what the patterns of `leave_out` name is left out all the same."""
        self.notes = own_mistakes(user_settings_file())
        self._root = root
        self._begun_with = config
        self._leave_out = tuple(leave_out)
        self._take(config)

    def _take(self, config: Config) -> None:
        self._read = config
        left_out = (*config.extend_exclude, *self._leave_out)
        self.now = msgspec.structs.replace(config, extend_exclude=left_out)
        self._left_out = Excludes((*USUAL_EXCLUDES, *left_out))

    def reload(self) -> None:
        """Read the files anew; where they are wrong the old settings hold, and `notes` says so."""
        try:
            self._take(load_config(self._root, user_settings_file()))
        except SettingsError as error:
            held = differing(self._read) or "the defaults"
            until = f"Until that is mended, the settings of before hold: {held}."
            note = f"{error.message}. {error.hint} {until}"
        else:
            same = _fixed(self._begun_with) == _fixed(self.now)
            note = "" if same else _AT_START
        self.notes = tuple(filter(None, (note, *own_mistakes(user_settings_file()))))

    def leaves_out(self, path: str) -> bool:
        """Whether no tool is meant to look at `path`, by settings or by custom."""
        return self._left_out(path)


def _fixed(config: Config) -> tuple[object, ...]:
    """Return the settings that cannot change while cockpit runs."""
    return config.tools, config.workers, config.timeout
