"""`cockpit doctor`: what of cockpit works on this machine and project, and what to do about it."""
