"""Where cockpit keeps things of its own: never inside a repository."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder of the store; `COCKPIT_CACHE_DIR` overrides the platform's."""
    return Path(os.environ.get("COCKPIT_CACHE_DIR") or platformdirs.user_cache_path("cockpit"))


def state_folder() -> Path:
    """Return the folder of what the user decided; `COCKPIT_STATE_DIR` overrides the platform's."""
    return Path(os.environ.get("COCKPIT_STATE_DIR") or platformdirs.user_state_path("cockpit"))


def data_folder() -> Path:
    """Return the folder of what the user made, and would miss; `COCKPIT_DATA_DIR` overrides it."""
    return Path(os.environ.get("COCKPIT_DATA_DIR") or platformdirs.user_data_path("cockpit"))


def user_settings_file() -> Path:
    """Return the user's own settings file; `COCKPIT_CONFIG_DIR` overrides the platform's folder."""
    folder = os.environ.get("COCKPIT_CONFIG_DIR") or platformdirs.user_config_path("cockpit")
    return Path(folder) / "config.toml"
