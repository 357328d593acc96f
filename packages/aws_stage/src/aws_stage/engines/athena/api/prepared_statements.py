"""Prepared statements: queries with ``?`` places, kept by name in a workgroup."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_stage.engines.athena.api.requests import invalid, page, required
from aws_stage.engines.athena.api.workgroups import WorkGroups
from aws_stage.kernel.engine import AwsError, Call, Handler
from aws_stage.storage.store import Document, Store

KIND = "prepared_statement"
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_@:]{0,255}")


class PreparedStatements:
    """Prepared statements by workgroup and name. ``PREPARE`` and ``EXECUTE`` use the same ones."""

    def __init__(self, store: Store, workgroups: WorkGroups, now: Callable[[], datetime]) -> None:
        self._store = store
        self._workgroups = workgroups
        self._now = now
        self.operations: dict[str, Handler] = {
            "CreatePreparedStatement": self.create,
            "GetPreparedStatement": self.get,
            "BatchGetPreparedStatement": self.batch_get,
            "ListPreparedStatements": self.list_statements,
            "UpdatePreparedStatement": self.update,
            "DeletePreparedStatement": self.delete,
        }

    def find(self, workgroup: str, name: str) -> Document | None:
        """A prepared statement, or None."""
        return self._store.get(KIND, f"{workgroup}/{name}")

    def put(self, workgroup: str, name: str, query: str, description: str | None = None) -> None:
        """Create or replace a prepared statement; raises InvalidRequestException for a name that cannot be one."""
        if not _NAME.fullmatch(name):
            raise invalid(f"Prepared statement name {name!r} must match {_NAME.pattern}")
        statement: Document = {
            "StatementName": name,
            "QueryStatement": query,
            "WorkGroupName": workgroup,
            "LastModifiedTime": self._now().timestamp(),
        }
        if description is not None:
            statement["Description"] = description
        self._store.put(KIND, f"{workgroup}/{name}", statement)

    def remove(self, workgroup: str, name: str) -> bool:
        """Delete a prepared statement; False when there was none."""
        return self._store.delete(KIND, f"{workgroup}/{name}")

    def of_workgroup(self, workgroup: str) -> list[Document]:
        """A workgroup's prepared statements, by name."""
        return [document for _, document in self._store.items(KIND) if document["WorkGroupName"] == workgroup]

    def forget_workgroup(self, workgroup: str) -> None:
        """Drop the prepared statements of a workgroup that is being deleted."""
        for statement in self.of_workgroup(workgroup):
            self.remove(workgroup, statement["StatementName"])

    def create(self, call: Call) -> dict[str, Any]:
        workgroup, name = self._address(call)
        if self.find(workgroup, name) is not None:
            raise invalid(f"Prepared statement {name} already exists in WorkGroup {workgroup}")
        self.put(workgroup, name, str(required(call.payload, "QueryStatement")), call.payload.get("Description"))
        return {}

    def get(self, call: Call) -> dict[str, Any]:
        return {"PreparedStatement": self._existing(*self._address(call))}

    def batch_get(self, call: Call) -> dict[str, Any]:
        workgroup = str(required(call.payload, "WorkGroup"))
        found, missing = [], []
        for name in required(call.payload, "PreparedStatementNames"):
            statement = self.find(workgroup, name)
            if statement is None:
                message = f"PreparedStatement {name} was not found in workGroup {workgroup}"
                missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": message})
            else:
                found.append(statement)
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}

    def list_statements(self, call: Call) -> dict[str, Any]:
        workgroup = str(required(call.payload, "WorkGroup"))
        self._workgroups.find(workgroup)
        summaries = [
            {member: statement[member] for member in ("StatementName", "LastModifiedTime")}
            for statement in self.of_workgroup(workgroup)
        ]
        summaries, more = page(summaries, call.payload, 50)
        return {"PreparedStatements": summaries, **more}

    def update(self, call: Call) -> dict[str, Any]:
        workgroup, name = self._address(call)
        existing = self._existing(workgroup, name)
        description = call.payload.get("Description", existing.get("Description"))
        self.put(workgroup, name, str(required(call.payload, "QueryStatement")), description)
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        workgroup, name = self._address(call)
        self._existing(workgroup, name)
        self.remove(workgroup, name)
        return {}

    def _address(self, call: Call) -> tuple[str, str]:
        workgroup = str(call.payload.get("WorkGroup") or required(call.payload, "WorkGroup"))
        self._workgroups.find(workgroup)
        return workgroup, str(required(call.payload, "StatementName"))

    def _existing(self, workgroup: str, name: str) -> Document:
        statement = self.find(workgroup, name)
        if statement is None:
            message = f"PreparedStatement {name} was not found in workGroup {workgroup}"
            raise AwsError("ResourceNotFoundException", message)
        return statement
