"""The screen: the only part of cockpit that imports Textual."""

import os

# Textual paints when its next frame is due, and a key waits for it: half as long with twice the
# frames. Only what changed is sent, so more frames are not more bytes. It is read once, on import.
os.environ.setdefault("TEXTUAL_FPS", "120")
