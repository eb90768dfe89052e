"""The tools: one file each, found by entry point."""
