"""What a running query has at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trino_on_duckdb import Session

from aws_stage.engines.athena.api.locations import Location
from aws_stage.engines.athena.lake.catalogue import Catalogue
from aws_stage.engines.athena.lake.files import Reading
from aws_stage.engines.athena.lake.filesystem import QueryFiles
from aws_stage.engines.athena.lake.objects import ObjectStore
from aws_stage.engines.athena.lake.relations import Lake
from aws_stage.engines.athena.lake.scanned import ScannedBytes
from aws_stage.engines.athena.lake.session import connected
from aws_stage.engines.athena.running.workers import Cancellation
from aws_stage.storage.store import Document


@dataclass
class Outcome:
    """What a statement gave: the columns of its result as ColumnInfo, its row counts, the objects that it wrote.

    ``notice`` is what its status says beside SUCCEEDED.
    """

    columns: list[Document] = field(default_factory=list)
    rows: Document = field(default_factory=dict)
    update_count: int | None = None
    manifest: str | None = None
    notice: str | None = None


@dataclass
class QueryContext:
    """One execution's inputs and instruments.

    ``clients`` gives the AWS client of a service; ``enforced`` is whether the workgroup decides where results go;
    ``seconds`` is what each part took; ``warnings`` is what its status says though it succeeds.
    """

    clients: Callable[[str], Any]
    execution: Document
    session: Session
    cancellation: Cancellation
    scanned: ScannedBytes
    enforced: bool
    spill: Path
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.catalogue = Catalogue(self.clients("glue"))
        self.store = ObjectStore(self.clients("s3"))

    @property
    def id(self) -> str:
        return str(self.execution["QueryExecutionId"])

    @property
    def output(self) -> Location:
        """Where the execution's own output object goes."""
        return Location.parse(self.execution["ResultConfiguration"]["OutputLocation"])

    @contextmanager
    def lake(self) -> Iterator[Lake]:
        """A fresh connection over the tables of this query, which StopQueryExecution interrupts."""
        files = QueryFiles(Reading(self.store, self.scanned, str(self.spill)))
        with connected(files, self.spill) as connection, self.cancellation.interrupting(connection):
            yield Lake(self.catalogue, self.store, files, connection, self.session.now, self.warnings)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Count the time inside to a part of the work: ``planning``, or ``publishing`` the result."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + time.monotonic() - start

    def put_options(self) -> dict[str, Any]:
        """The put_object arguments of the execution's encryption and ACL settings."""
        configuration = self.execution["ResultConfiguration"]
        encryption = configuration.get("EncryptionConfiguration") or {}
        options: dict[str, Any] = {}
        if encryption.get("EncryptionOption") == "SSE_S3":
            options["ServerSideEncryption"] = "AES256"
        if encryption.get("EncryptionOption") == "SSE_KMS":
            options |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": encryption["KmsKey"]}
        if configuration.get("AclConfiguration"):
            options["ACL"] = "bucket-owner-full-control"
        return options
