"""Estimate what a pipeline costs a month on AWS: ``python -m scripts.cost production --rate 100``."""

from __future__ import annotations

import argparse
import sys

from datastreamer.errors import DatastreamerError
from datastreamer.provisioning.cost.inference import InferenceWorkload, estimate_inference
from datastreamer.provisioning.cost.prices import PRICED_ON, REGION
from datastreamer.provisioning.cost.table import table
from datastreamer.provisioning.cost.telemetry import Workload, estimate
from datastreamer.provisioning.stage_values import pipeline_values

_PRICES = f"Prices of {REGION}, {PRICED_ON}, no free tier, no tax, no transfer out of AWS."
_ENDPOINTS = {
    "instances": {"endpoint_enabled": True, "endpoint_serverless": False},
    "serverless": {"endpoint_enabled": True, "endpoint_serverless": True},
    "none": {"endpoint_enabled": False},
}


def main(arguments: list[str]) -> int:
    """Print the table; returns 0, or 2 for a stage or a workload that cannot be."""
    options = _parser().parse_args(arguments)
    try:
        print(_PIPELINES[options.pipeline](options), end="")
    except DatastreamerError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    usual, inference = Workload(), InferenceWorkload()
    parser = argparse.ArgumentParser(prog="cost", description=__doc__)
    parser.add_argument("stage", help="prod, staging, local, or the name of a folder of terraform/envs")
    parser.add_argument("--pipeline", choices=sorted(_PIPELINES), default="telemetry", help="which pipeline")
    parser.add_argument("--rate", type=float, default=usual.readings_per_second, help="readings or records a second")
    parser.add_argument("--months", type=int, default=usual.months, help="months that data has been coming")
    telemetry = parser.add_argument_group("telemetry")
    telemetry.add_argument("--pack", type=int, default=usual.pack, help="readings in a record")
    telemetry.add_argument("--reading-bytes", type=int, default=usual.reading_bytes, help="bytes of a reading")
    telemetry.add_argument("--queries", type=int, default=usual.queries_per_day, help="Athena queries a day")
    scoring = parser.add_argument_group("inference")
    scoring.add_argument("--record-bytes", type=int, default=inference.record_bytes, help="bytes of a record")
    scoring.add_argument("--endpoint", choices=_ENDPOINTS, default="instances", help="how the model is hosted")
    return parser


def _telemetry(options: argparse.Namespace) -> str:
    workload = Workload(
        readings_per_second=options.rate,
        pack=options.pack,
        reading_bytes=options.reading_bytes,
        queries_per_day=options.queries,
        months=options.months,
    )
    return (
        f"{table(estimate(pipeline_values(options.stage, 'telemetry'), workload))}"
        f"\nStage {options.stage}: {options.rate:g} readings/s of {options.reading_bytes} bytes, {options.pack} to a "
        f"record, {options.queries} queries a day, a lake of {options.months} months. {_PRICES}\n"
    )


def _inference(options: argparse.Namespace) -> str:
    workload = InferenceWorkload(
        records_per_second=options.rate, record_bytes=options.record_bytes, months=options.months
    )
    values = {**pipeline_values(options.stage, "inference"), **_ENDPOINTS[options.endpoint]}
    return (
        f"{table(estimate_inference(values, workload))}"
        f"\nStage {options.stage}: {options.rate:g} records/s of {options.record_bytes} bytes, predictions of "
        f"{options.months} months. {_PRICES}\n"
    )


_PIPELINES = {"telemetry": _telemetry, "inference": _inference}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
