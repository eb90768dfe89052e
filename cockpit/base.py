"""What to compare with: the words for it, and what git knows of them."""

#: Choose by what there is: the project's baseline, else where its branch left the default branch,
#: else the last commit, else the start of the session.
AUTO = ""
#: Everything that came since cockpit started.
SESSION = "session"
#: What the project's baseline file holds.
BASELINE = "baseline"
