"""The screen: the only part of cockpit that imports Textual."""
