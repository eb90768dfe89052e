"""What profilers measure of running processes; nothing here knows that a screen exists."""
