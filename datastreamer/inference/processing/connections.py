"""The function's clients: built once, on its first invocation, and kept for the ones after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from datastreamer.aws.clock import Clock
from datastreamer.inference.processing.item import Item, ItemContract
from datastreamer.inference.processing.settings import Settings
from datastreamer.inference.processing.table import Table
from datastreamer.inference.processing.wire_items import send_items_as_they_are
from datastreamer.scoring.batch import BatchScorer
from datastreamer.scoring.clients import client_maker
from datastreamer.scoring.endpoint import Endpoint
from datastreamer.scoring.pacing import Budget
from datastreamer.scoring.parking import Parking
from datastreamer.scoring.payload import payload_of
from datastreamer.scoring.scorer import RowByRow
from datastreamer.scoring.serving import Serving

THREADS: Final = 4


def connect(settings: Settings, budget: Budget, clock: Clock) -> BatchScorer[Item, Item]:
    """A scorer on AWS; credentials, region and endpoints are those of the environment."""
    client = client_maker(THREADS, check_parameters=False)
    dynamodb = client("dynamodb", budget.table_timeout)
    send_items_as_they_are(dynamodb)
    executor = ThreadPoolExecutor(THREADS, "write")
    payload = payload_of(settings.content_type)
    return BatchScorer(
        contract=ItemContract(payload, settings.score_threshold, settings.ttl_days),
        scoring=RowByRow(
            Endpoint(
                client("sagemaker-runtime", budget.endpoint_timeout),
                settings.endpoint_name,
                payload,
                # Its client is made with the first look: reading SageMaker's description takes a tenth of a second of
                # CPU.
                Serving(lambda: client("sagemaker", budget.table_timeout), settings.endpoint_name, clock),
            ),
            settings.max_rows_per_call,
        ),
        store=Table(dynamodb, settings.table_name, executor, budget.table_timeout),
        parking=Parking(
            client("s3", budget.table_timeout),
            settings.dlq_bucket,
            settings.function_name,
            executor,
            budget.table_timeout,
        ),
        clock=clock,
    )
