"""``python -m aws_stage``: see ``aws_stage.daemon.cli``."""

from __future__ import annotations

import sys

from aws_stage.daemon import cli


def main() -> int:
    """The command ``aws-stage``."""
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
