"""The function's clients: built once, on its first invocation, and kept for the ones after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from datastreamer.aws.clock import Clock
from datastreamer.scoring.batch import BatchScorer
from datastreamer.scoring.clients import client_maker
from datastreamer.scoring.endpoint import Endpoint
from datastreamer.scoring.pacing import Budget
from datastreamer.scoring.parking import Parking
from datastreamer.scoring.payload import CsvPayload
from datastreamer.taxi.prediction import Prediction
from datastreamer.taxi.scoring.asking import ByVersion
from datastreamer.taxi.scoring.contract import TripContract, Unscored
from datastreamer.taxi.scoring.delivering import DeliveryStream
from datastreamer.taxi.scoring.settings import Settings
from datastreamer.taxi.scoring.versions import Versions

THREADS: Final = 4


def connect(
    settings: Settings, budget: Budget, clock: Clock
) -> tuple[BatchScorer[Unscored, Prediction], DeliveryStream]:
    """A scorer on AWS and its store; credentials, region and endpoints are those of the environment."""
    client = client_maker(THREADS)
    executor = ThreadPoolExecutor(THREADS, "park")
    versions = Versions(
        client("dynamodb", budget.table_timeout), settings.thresholds_table, clock, settings.thresholds_seconds
    )
    endpoint = Endpoint(client("sagemaker-runtime", budget.endpoint_timeout), settings.endpoint_name, CsvPayload())
    store = DeliveryStream(client("firehose", budget.table_timeout), settings.delivery_stream, budget.table_timeout)
    parking = Parking(
        client("s3", budget.table_timeout),
        settings.parking_bucket,
        settings.function_name,
        executor,
        budget.table_timeout,
    )
    scoring = ByVersion(endpoint, versions, settings.max_rows_per_call)
    return BatchScorer(TripContract(versions), scoring, store, parking, clock), store
