"""The names of everything the telemetry pipeline has on a stage; the same rules as in Terraform."""

from __future__ import annotations

from dataclasses import dataclass

from datastreamer.aws.s3_location import S3Location


@dataclass(frozen=True)
class Names:
    """Resource names of stage ``stage`` (``prod``, ``staging``, ``local``) in account ``account_id`` (12 digits)."""

    stage: str
    account_id: str

    def _named(self, resource: str) -> str:
        return f"datastreamer-{self.stage}-{resource}"

    @property
    def stream(self) -> str:
        return self._named("stream")

    @property
    def delivery_stream(self) -> str:
        return self._named("firehose")

    @property
    def job(self) -> str:
        return self._named("temperature-etl")

    @property
    def crawler(self) -> str:
        return self._named("curated-device-telemetry")

    @property
    def workgroup(self) -> str:
        return self._named("telemetry")

    @property
    def database(self) -> str:
        return f"datastreamer_{self.stage}"

    @property
    def data_bucket(self) -> str:
        return self._named(f"data-bucket-{self.account_id}")

    @property
    def analytics_bucket(self) -> str:
        return self._named(f"analytics-bucket-{self.account_id}")

    @property
    def raw_prefix(self) -> str:
        """Key prefix of raw objects in the data bucket."""
        return "raw_data/device_sensor/"

    @property
    def raw(self) -> S3Location:
        """Where Firehose puts raw objects."""
        return S3Location(self.data_bucket, self.raw_prefix)

    @property
    def curated(self) -> S3Location:
        """Where the curated table's files are."""
        return S3Location(self.analytics_bucket, "device_telemetry/")

    @property
    def quarantine(self) -> S3Location:
        """Where the quarantine's files are."""
        return S3Location(self.analytics_bucket, "device_telemetry_quarantine/")

    @property
    def state_path(self) -> str:
        """Where the job keeps its manifests."""
        return f"s3://{self.analytics_bucket}/_state/temperature_etl/"
