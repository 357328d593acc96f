"""The catalogue as DDL uses it: names completed, and Glue's refusals in Hive's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from trino_on_duckdb import QueryError, Session, TableName

from aws_stage.engines.athena.lake.catalogue import CATALOG, Catalogue, Table, check_kind
from aws_stage.engines.athena.statements.tree import Name

_HIVE_TASK = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask."
_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)
"""The members of Glue's TableInput, among those of a Table."""


def failed(message: str) -> QueryError:
    """A failure in the words of Hive's DDL: ``FAILED: …``."""
    return QueryError("FAILED", message)


def task_failed(message: str) -> QueryError:
    """A failure of Hive's DDL task."""
    return failed(f"{_HIVE_TASK} {message}")


@contextmanager
def glue_errors() -> Iterator[None]:
    """Turn Glue's refusals into the query's failure."""
    try:
        yield
    except ClientError as error:
        details = error.response["Error"]
        raise task_failed(f"{details['Code']}(message:{details.get('Message', '')})") from error
    except ParamValidationError as error:
        raise task_failed(f"InvalidInputException(message:{error})") from error


class CatalogAccess:
    """Names as the session completes them, and changes to tables."""

    def __init__(self, catalogue: Catalogue, session: Session) -> None:
        self.catalogue = catalogue
        self.glue = catalogue.glue
        self._session = session

    def full_name(self, name: Name) -> TableName:
        """The name with the session's database and catalog where it has none of its own."""
        catalog = name.catalog or self._session.catalog
        if catalog != CATALOG:
            raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{catalog}' does not exist")
        return TableName(catalog, name.database or self._session.database, name.name)

    def database(self, name: str | None) -> str:
        """A database that exists; the session's where no name is given."""
        chosen = name or self._session.database
        if not self.catalogue.has_database(chosen):
            raise failed(f"SemanticException [Error 10072]: Database does not exist: {chosen}")
        return chosen

    def table(self, name: Name) -> Table:
        """A table or view that exists."""
        table = self.catalogue.table(self.full_name(name))
        if table is None:
            raise failed(f"SemanticException [Error 10001]: Table not found {name.name}")
        return table

    def base_table(self, name: Name) -> Table:
        """A table that exists, is not a view, and consists of the files in its folder."""
        table = self.table(name)
        check_kind(table)
        if table.is_view:
            raise failed(f"SemanticException [Error 10001]: {name.name} is a view, not a table")
        return table

    def create(self, name: TableName, document: Mapping[str, Any]) -> None:
        """Make a table."""
        with glue_errors():
            self.glue.create_table(DatabaseName=name.database, TableInput=document)

    def update(self, table: Table, **changes: Any) -> None:
        """Change members of a table's document."""
        kept = {member: table.document[member] for member in _TABLE_INPUT if table.document.get(member) is not None}
        with glue_errors():
            self.glue.update_table(DatabaseName=table.name.database, TableInput={**kept, **changes})

    def descriptor(self, table: Table, **changes: Any) -> dict[str, Any]:
        """A table's StorageDescriptor, changed."""
        current: Mapping[str, Any] = table.document.get("StorageDescriptor") or {}
        return {**current, **changes}
