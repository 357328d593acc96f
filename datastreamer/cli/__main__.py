"""``python -m datastreamer.cli``: the same as the command ``datastreamer``."""

from datastreamer.cli import main

if __name__ == "__main__":
    main()
