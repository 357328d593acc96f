"""Databases: create, describe, list, change and delete."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from aws_stage.engines.timestream.control.catalogue import Catalogue, Database
from aws_stage.engines.timestream.control.names import check_name, checked
from aws_stage.engines.timestream.control.pages import page_of
from aws_stage.engines.timestream.errors import conflict, invalid
from aws_stage.kernel.engine import AwsError, Call, Stage
from aws_stage.kernel.settings import ACCOUNT_ID

MOST_DATABASES = 500
"""The default quota of an account (developer guide, "Quotas")."""


class Databases:
    """The operations of databases."""

    def __init__(self, stage: Stage, catalogue: Catalogue) -> None:
        self._stage = stage
        self._catalogue = catalogue
        self._prefix = f"{stage.settings.region}:{ACCOUNT_ID}"

    def create(self, call: Call) -> dict[str, Any]:
        """CreateDatabase."""
        payload = checked(call)
        name = check_name("database", payload["DatabaseName"])
        now = self._stage.clock.now().timestamp()
        database = Database(
            name=name,
            arn=f"arn:aws:timestream:{self._prefix}:database/{name}",
            kms_key=self._key(payload.get("KmsKeyId")),
            created=now,
            updated=now,
            tags={tag["Key"]: tag["Value"] for tag in payload.get("Tags") or []},
        )
        with self._catalogue.lock:
            if self._catalogue.has_database(name):
                raise conflict("database", name)
            if len(self._catalogue.databases()) >= MOST_DATABASES:
                raise AwsError("ServiceQuotaExceededException", f"An account has at most {MOST_DATABASES} databases.")
            self._catalogue.put(database)
        return {"Database": self._described(database)}

    def describe(self, call: Call) -> dict[str, Any]:
        """DescribeDatabase."""
        return {"Database": self._described(self._catalogue.database(checked(call)["DatabaseName"]))}

    def list(self, call: Call) -> dict[str, Any]:
        """ListDatabases."""
        found, more = page_of(self._catalogue.databases(), checked(call))
        return {"Databases": [self._described(database) for database in found], **more}

    def update(self, call: Call) -> dict[str, Any]:
        """UpdateDatabase: another key."""
        payload = checked(call)
        with self._catalogue.lock:
            database = self._catalogue.database(payload["DatabaseName"])
            now = self._stage.clock.now().timestamp()
            database = replace(database, kms_key=self._key(payload["KmsKeyId"]), updated=now)
            self._catalogue.put(database)
        return {"Database": self._described(database)}

    def delete(self, call: Call) -> dict[str, Any]:
        """DeleteDatabase: only one without tables."""
        with self._catalogue.lock:
            database = self._catalogue.database(checked(call)["DatabaseName"])
            if self._catalogue.tables(database.name):
                raise invalid(f"The database {database.name} cannot be deleted: it has tables.")
            self._catalogue.remove(database)
        return {}

    def _described(self, database: Database) -> dict[str, Any]:
        return {
            "Arn": database.arn,
            "DatabaseName": database.name,
            "TableCount": len(self._catalogue.tables(database.name)),
            "KmsKeyId": database.kms_key,
            "CreationTime": database.created,
            "LastUpdatedTime": database.updated,
        }

    def _key(self, wanted: str | None) -> str:
        """The ARN of the key that is asked for, or of the one that Timestream has in the account."""
        if wanted is None:
            own = uuid.uuid5(uuid.NAMESPACE_URL, f"{self._prefix}:alias/aws/timestream")
            return f"arn:aws:kms:{self._prefix}:key/{own}"
        try:
            arn: str = self._stage.client("kms").describe_key(KeyId=wanted)["KeyMetadata"]["Arn"]
        except ClientError as error:
            raise invalid(f"The KMS key {wanted} cannot be used: {error.response['Error']['Message']}") from error
        return arn
