"""How state lies on disk, so that what was acknowledged survives ``kill -9``."""
