"""Processing records again: those that were parked, and those that an earlier model scored."""
