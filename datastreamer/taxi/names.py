"""The names of what the taxi pipeline has on a stage."""

from __future__ import annotations

from dataclasses import dataclass

from datastreamer.aws.s3_location import S3Location


@dataclass(frozen=True)
class Names:
    """Resource names of stage ``stage`` (``prod``, ``staging``, ``local``) in account ``account_id`` (12 digits)."""

    stage: str
    account_id: str

    @property
    def prefix(self) -> str:
        """What every name begins with."""
        return f"datastreamer-{self.stage}-taxi-"

    @property
    def raw_bucket(self) -> str:
        """The bucket of bronze."""
        return f"{self.prefix}raw-{self.account_id}"

    @property
    def processed_bucket(self) -> str:
        """The bucket of the tables."""
        return f"{self.prefix}processed-{self.account_id}"

    @property
    def models_bucket(self) -> str:
        """The bucket of models."""
        return f"{self.prefix}models-{self.account_id}"

    @property
    def bronze(self) -> S3Location:
        """Where TLC's files lie as published."""
        return S3Location(self.raw_bucket, "yellow/")

    @property
    def silver(self) -> S3Location:
        """Where the files of the table of trips lie."""
        return S3Location(self.processed_bucket, "taxi_trips/")

    @property
    def quarantine(self) -> S3Location:
        """Where the files of the quarantine lie."""
        return S3Location(self.processed_bucket, "taxi_trips_quarantine/")

    @property
    def state(self) -> S3Location:
        """Where the job keeps its manifests."""
        return S3Location(self.processed_bucket, "_state/taxi_silver/")

    @property
    def stream(self) -> str:
        """The Kinesis stream of live trips."""
        return f"{self.prefix}stream"

    @property
    def job(self) -> str:
        """The Glue job, and the schedule that starts it."""
        return f"{self.prefix}silver"

    @property
    def workgroup(self) -> str:
        """Athena's workgroup."""
        return self.prefix.removesuffix("-")

    @property
    def training_workgroup(self) -> str:
        """Athena's workgroup that training sets are made in: each query's table has a folder of its own there."""
        return f"{self.prefix}training"

    @property
    def database(self) -> str:
        """The Glue database of the tables."""
        return self.workgroup.replace("-", "_")

    @property
    def model(self) -> str:
        """The endpoint and the model package group; the names of a version's model and configuration begin with it."""
        return f"{self.prefix}fare"

    @property
    def training_pipeline(self) -> str:
        """The SageMaker pipeline that trains a model and registers it."""
        return f"{self.prefix}training"

    @property
    def thresholds_table(self) -> str:
        """The DynamoDB table of each model version's rule."""
        return f"{self.prefix}thresholds"

    @property
    def predictions(self) -> str:
        """The delivery stream of predictions."""
        return f"{self.prefix}predictions"

    @property
    def gold(self) -> S3Location:
        """Where predictions lie, below a folder for each hour of their arrival."""
        return S3Location(self.processed_bucket, "taxi_predictions/")

    def function(self, role: str) -> str:
        """The Lambda function with this role: ``score``, ``deploy``, ``drift``."""
        return f"{self.prefix}{role}"
