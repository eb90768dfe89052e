"""Snapshots as text and as JSON; pure functions, no terminal and no file."""
