"""Estimate what a stage costs a month on AWS: ``python -m scripts.cost production --rate 100``."""

from __future__ import annotations

import argparse
import sys

from datastreamer.errors import DatastreamerError
from datastreamer.provisioning.cost import Workload, estimate, table
from datastreamer.provisioning.prices import PRICED_ON, REGION
from datastreamer.provisioning.stage_values import pipeline_values


def main(arguments: list[str]) -> int:
    """Print the table; returns 0, or 2 for a stage or a workload that cannot be."""
    usual = Workload()
    parser = argparse.ArgumentParser(prog="cost", description=__doc__)
    parser.add_argument("stage", help="prod, staging, local, or the name of a folder of terraform/envs")
    parser.add_argument("--rate", type=float, default=usual.readings_per_second, help="readings a second")
    parser.add_argument("--pack", type=int, default=usual.pack, help="readings in a record")
    parser.add_argument("--reading-bytes", type=int, default=usual.reading_bytes, help="bytes of a reading")
    parser.add_argument("--queries", type=int, default=usual.queries_per_day, help="Athena queries a day")
    parser.add_argument("--months", type=int, default=usual.months, help="months that the lake has been filling")
    options = parser.parse_args(arguments)
    workload = Workload(
        readings_per_second=options.rate,
        pack=options.pack,
        reading_bytes=options.reading_bytes,
        queries_per_day=options.queries,
        months=options.months,
    )
    try:
        costs = estimate(pipeline_values(options.stage, "telemetry"), workload)
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(table(costs), end="")
    print(
        f"\nStage {options.stage}: {options.rate:g} readings/s of {options.reading_bytes} bytes, {options.pack} to a "
        f"record, {options.queries} queries a day, a lake of {options.months} months. "
        f"Prices of {REGION}, {PRICED_ON}, no free tier, no tax, no transfer out of AWS."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
