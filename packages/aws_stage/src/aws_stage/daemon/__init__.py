"""The stage as a process: assembled, started, stopped, looked at."""
