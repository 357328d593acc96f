"""What the parts of a stage's vote are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Names of the resources of pipeline ``votes`` on ``stage`` in AWS account ``account``."""

    stage: str
    account: str

    @property
    def prefix(self) -> str:
        """What every name begins with."""
        return f"datastreamer-{self.stage}-votes-"

    def _of(self, role: str) -> str:
        return f"{self.prefix}{role}"

    @property
    def stream(self) -> str:
        """The Kinesis stream."""
        return self._of("stream")

    @property
    def delivery_stream(self) -> str:
        """The Firehose that lands the raw votes in the lake."""
        return self._of("firehose")

    @property
    def cast_function(self) -> str:
        """Lambda: takes votes."""
        return self._of("cast")

    @property
    def aggregate_function(self) -> str:
        """Lambda: counts votes."""
        return self._of("aggregate")

    @property
    def publish_function(self) -> str:
        """Lambda: tells every browser."""
        return self._of("publish")

    @property
    def socket_function(self) -> str:
        """Lambda: keeps the browsers' connections."""
        return self._of("socket")

    @property
    def orders_table(self) -> str:
        """DynamoDB: each vote."""
        return self._of("orders")

    @property
    def aggregation_table(self) -> str:
        """DynamoDB: totals, seconds and checkpoints."""
        return self._of("aggregation")

    @property
    def connections_table(self) -> str:
        """DynamoDB: the open WebSockets."""
        return self._of("connections")

    @property
    def site_bucket(self) -> str:
        """S3: the site."""
        return f"{self._of('site')}-{self.account}"

    @property
    def raw_bucket(self) -> str:
        """S3: the raw votes."""
        return f"{self._of('raw')}-{self.account}"

    @property
    def workgroup(self) -> str:
        """Athena."""
        return self.prefix.removesuffix("-")

    @property
    def database(self) -> str:
        """The Glue database with the table ``votes``."""
        return self.workgroup.replace("-", "_")
