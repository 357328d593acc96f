"""Named (saved) queries."""

from __future__ import annotations

import uuid
from typing import Any

from aws_stage.engines.athena.api.requests import invalid, page, required
from aws_stage.engines.athena.api.workgroups import PRIMARY, WorkGroups
from aws_stage.kernel.engine import Call, Handler
from aws_stage.storage.store import Document, Store

KIND = "named_query"
TOKEN_KIND = "named_query_token"  # noqa: S105  a kind of document
_MEMBERS = ("Name", "Description", "Database", "QueryString", "NamedQueryId", "WorkGroup")


class NamedQueries:
    """Named queries by id; a name may repeat, as in Athena."""

    def __init__(self, store: Store, workgroups: WorkGroups) -> None:
        self._store = store
        self._workgroups = workgroups
        self.operations: dict[str, Handler] = {
            "CreateNamedQuery": self.create,
            "GetNamedQuery": self.get,
            "BatchGetNamedQuery": self.batch_get,
            "ListNamedQueries": self.list_ids,
            "UpdateNamedQuery": self.update,
            "DeleteNamedQuery": self.delete,
        }

    def of_workgroup(self, name: str) -> list[str]:
        """The ids of a workgroup's named queries."""
        return [key for key, query in self._store.items(KIND) if query["WorkGroup"] == name]

    def forget_workgroup(self, name: str) -> None:
        """Drop the named queries of a workgroup that is being deleted."""
        for query_id in self.of_workgroup(name):
            self._store.delete(KIND, query_id)

    def create(self, call: Call) -> dict[str, Any]:
        payload = call.payload
        query: Document = {member: required(payload, member) for member in ("Name", "Database", "QueryString")}
        query["WorkGroup"] = payload.get("WorkGroup") or PRIMARY
        self._workgroups.find(query["WorkGroup"])
        if payload.get("Description") is not None:
            query["Description"] = payload["Description"]
        with self._store.transaction():
            token = payload.get("ClientRequestToken")
            known = self._store.get(TOKEN_KIND, token) if token else None
            if known is not None:
                if known["request"] != query:
                    raise invalid("Idempotent parameters do not match")
                return {"NamedQueryId": known["id"]}
            query_id = str(uuid.uuid4())
            self._store.put(KIND, query_id, {**query, "NamedQueryId": query_id})
            if token:
                self._store.put(TOKEN_KIND, token, {"id": query_id, "request": query})
        return {"NamedQueryId": query_id}

    def get(self, call: Call) -> dict[str, Any]:
        return {"NamedQuery": _shown(self._find(str(required(call.payload, "NamedQueryId"))))}

    def batch_get(self, call: Call) -> dict[str, Any]:
        found, missing = [], []
        for query_id in required(call.payload, "NamedQueryIds"):
            query = self._store.get(KIND, query_id)
            if query is None:
                message = f"NamedQuery {query_id} was not found"
                missing.append({"NamedQueryId": query_id, "ErrorCode": "INVALID_INPUT", "ErrorMessage": message})
            else:
                found.append(_shown(query))
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def list_ids(self, call: Call) -> dict[str, Any]:
        name = call.payload.get("WorkGroup") or PRIMARY
        self._workgroups.find(name)
        ids, more = page(self.of_workgroup(name), call.payload, 50)
        return {"NamedQueryIds": ids, **more}

    def update(self, call: Call) -> dict[str, Any]:
        query = self._find(str(required(call.payload, "NamedQueryId")))
        for member in ("Name", "QueryString"):
            query[member] = required(call.payload, member)
        if call.payload.get("Description") is not None:
            query["Description"] = call.payload["Description"]
        self._store.put(KIND, query["NamedQueryId"], query)
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        query_id = str(required(call.payload, "NamedQueryId"))
        self._find(query_id)
        self._store.delete(KIND, query_id)
        return {}

    def _find(self, query_id: str) -> Document:
        query = self._store.get(KIND, query_id)
        if query is None:
            raise invalid(f"NamedQuery {query_id} was not found")
        return query


def _shown(query: Document) -> Document:
    return {member: query[member] for member in _MEMBERS if member in query}
