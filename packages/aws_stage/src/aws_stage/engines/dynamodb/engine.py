"""DynamoDB on rows in SQLite, beneath ministack's API.

ministack reads requests and expressions and words the answers; the items lie here, are found here, and expire here.
``patches/dynamodb.py`` sends its functions to the parts of this engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_stage.engines.dynamodb.expressions import Expressions
from aws_stage.engines.dynamodb.pages import Pages
from aws_stage.engines.dynamodb.tables import Tables
from aws_stage.engines.dynamodb.time_to_live import TimeToLive
from aws_stage.engines.dynamodb.values import Values
from aws_stage.kernel.engine import AwsError, Call, Handler, Stage
from aws_stage.storage.items import ItemStore

RECENT_SECONDS = 300
"""What is asked for within them is the present: on AWS the latest moment to restore is some five minutes ago
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html)."""


class DynamoDb:
    """Two threads remove what has expired and what is left of deleted tables.

    Constructing it raises ConfigurationError when the items are damaged, in use, or those of tables that are not known.
    """

    name = "dynamodb"
    owns: frozenset[str] = frozenset()

    def __init__(self, stage: Stage) -> None:
        from ministack.services import dynamodb

        self._stage = stage
        state = stage.settings.state_dir
        store = ItemStore(state / "dynamodb" / "items.sqlite", stage.manifest)
        self.tables = Tables(dynamodb, store, state / "ministack" / "dynamodb.json")
        self.time_to_live = TimeToLive(dynamodb, stage.clock)
        self.pages = Pages(dynamodb)
        self.values = Values()
        self.expressions = Expressions(dynamodb)
        self.operations: Mapping[tuple[str, str], Handler] = {
            ("dynamodb", "RestoreTableToPointInTime"): self._restore_to_point_in_time
        }

    def start(self) -> None:
        """Begin to remove what is to go."""
        self.tables.start()
        self.time_to_live.start()

    def stop(self) -> None:
        """Stop removing."""
        self.time_to_live.stop()
        self.tables.stop()

    def _restore_to_point_in_time(self, call: Call) -> dict[str, Any]:
        """ministack copies the table as it is now, whatever time is asked."""
        now = self._stage.clock.now().timestamp()
        if call.payload.get("RestoreDateTime", now) < now - RECENT_SECONDS:
            raise AwsError(
                "UnsupportedOperationException",
                "The local stage keeps no history of a table: it restores the present (UseLatestRestorableTime). "
                "docs/local-stage.md lists what it supports.",
            )
        return self._stage.forward(call)
