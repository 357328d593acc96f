"""``python -m sensor``."""

from sensor.cli import main

if __name__ == "__main__":
    main()
