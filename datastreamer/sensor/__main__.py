"""``python -m datastreamer.sensor``."""

from datastreamer.sensor.cli import main

if __name__ == "__main__":
    main()
