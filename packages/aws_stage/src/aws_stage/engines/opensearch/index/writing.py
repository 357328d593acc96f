"""Writes: many operations in one transaction, the documents of an index in one insert."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pyarrow as pa

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.errors import SearchError, dictionary, illegal, index_not_found, only, unsupported
from aws_stage.engines.opensearch.index.catalogue import Index, add_columns, create, store
from aws_stage.engines.opensearch.index.cluster import Cluster
from aws_stage.engines.opensearch.index.documents import Row, Rows, parsed
from aws_stage.engines.opensearch.index.indices import new_index, write_target
from aws_stage.engines.opensearch.index.operations import Operation, conflict, done, failed, missing

LONGEST_ID = 512
"""Bytes of a document's id."""
_UPDATE = frozenset({"doc", "doc_as_upsert", "upsert", "detect_noop"})


def execute(cluster: Cluster, operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """Do ``operations`` in order and return an item for each; those that fail change nothing.

    An index that there is not is made. All that worked is on disk when this returns.
    """
    items: list[dict[str, Any]] = [{}] * len(operations)
    with cluster.writing() as connection:
        writers: dict[str, _IndexWriter] = {}
        groups: dict[str, list[int]] = {}
        for place, operation in enumerate(operations):
            if operation.error is not None:
                items[place] = failed(operation.index, operation.id, operation.error)
                continue
            try:
                writer = _writer(cluster, connection, writers, operation)
                groups.setdefault(writer.index.name, []).append(place)
            except SearchError as error:
                items[place] = failed(operation.index, operation.id, error)
        for name, places in groups.items():
            writer = writers[name]
            writer.look_up([found for place in places if (found := operations[place].id) is not None])
            for place in places:
                items[place] = writer.apply(operations[place])
            writer.flush()
        cluster.catalogue.change(writer.index for writer in writers.values())
    return items


def _writer(cluster: Cluster, connection: Any, writers: dict[str, _IndexWriter], operation: Operation) -> _IndexWriter:
    found = writers.get(operation.index)
    if found is None:
        index = write_target(cluster.catalogue, operation.index)
        if index is None:
            if operation.action == "delete":
                raise index_not_found(operation.index)
            index = create(connection, new_index(cluster.catalogue, operation.index, {}, cluster.now_ms()))
        found = writers.get(index.name) or _IndexWriter(connection, index)
        writers[operation.index] = writers[index.name] = found
    return found


@dataclass
class _State:
    """A document as it is in the table and after the operations so far; ``row`` is None when it is not changed."""

    rowid: int | None
    version: int
    number: int
    exists: bool
    source: bytes | None = None
    row: Row | None = None
    changed: bool = False


class _IndexWriter:
    def __init__(self, connection: Any, index: Index) -> None:
        self.index = index
        self._connection = connection
        self._table = sql.name(index.table)
        self._rows = Rows(index.mapping)
        self._states: dict[str, _State] = {}
        [last] = connection.execute(f"SELECT max(_seq) FROM {self._table}").fetchone()
        self._next = 0 if last is None else last + 1

    def look_up(self, ids: list[str]) -> None:
        """Learn which documents there are."""
        if not ids:
            return
        self._connection.register("wanted", pa.table({"_id": pa.array(list(dict.fromkeys(ids)), pa.string())}))
        rows = self._connection.execute(
            f"SELECT t.rowid, t._id, t._version, t._seq FROM {self._table} t SEMI JOIN wanted USING (_id)"
        ).fetchall()
        self._connection.unregister("wanted")
        for rowid, document_id, version, number in rows:
            self._states[document_id] = _State(rowid, version, number, exists=True)

    def apply(self, operation: Operation) -> dict[str, Any]:
        """Do one operation; returns its item."""
        document_id = operation.id or _new_id()
        state = self._states.get(document_id) or _State(None, 0, -1, exists=False)
        try:
            result = self._do(operation, document_id, state)
        except SearchError as error:
            return failed(self.index.name, document_id, error)
        self._states[document_id] = state
        return done(self.index.name, document_id, result, state.version, state.number)

    def _do(self, operation: Operation, document_id: str, state: _State) -> str:
        if len(document_id.encode()) > LONGEST_ID:
            raise illegal(f"id is too long, must be no longer than {LONGEST_ID} bytes")
        if operation.action == "delete":
            return self._delete(state)
        if operation.action == "update":
            return self._update(document_id, state, operation.source)
        if operation.action == "create" and state.exists:
            raise conflict(self.index.name, document_id, state.version)
        return self._put(document_id, state, operation.source, parsed(operation.source))

    def flush(self) -> None:
        """Write what the operations have changed."""
        if self._rows.added:
            add_columns(self._connection, self.index, self._rows.added)
            self.index = replace(self.index, mapping=self._rows.mapping)
            store(self._connection, self.index)
        changed = {found: state for found, state in self._states.items() if state.changed}
        gone = [state.rowid for state in changed.values() if state.rowid is not None]
        if gone:
            self._connection.execute(f"DELETE FROM {self._table} WHERE rowid IN (SELECT unnest(?))", [gone])
        present = {found: state for found, state in changed.items() if state.exists}
        if present:
            self._connection.register("batch", self._arrow(present))
            self._connection.execute(f"INSERT INTO {self._table} BY NAME SELECT * FROM batch")
            self._connection.unregister("batch")

    def _arrow(self, states: dict[str, _State]) -> pa.Table:
        rows = [state.row or {} for state in states.values()]
        columns = {
            "_id": pa.array(list(states), pa.string()),
            "_seq": pa.array([state.number for state in states.values()], pa.int64()),
            "_version": pa.array([state.version for state in states.values()], pa.int64()),
            "_source": pa.array([state.source for state in states.values()], pa.binary()).cast(pa.string()),
        }
        for path, each in self.index.mapping.fields.items():
            columns[sql.column(path)] = pa.array([row.get(path) for row in rows], each.arrow_type)
        return pa.table(columns)

    def _put(self, document_id: str, state: _State, source: bytes, document: dict[str, Any]) -> str:
        row = self._rows.row(document, document_id)
        result = "updated" if state.exists else "created"
        self._step(state)
        state.exists, state.source, state.row = True, source, row
        return result

    def _delete(self, state: _State) -> str:
        result = "deleted" if state.exists else "not_found"
        self._step(state)
        state.exists, state.source, state.row = False, None, None
        return result

    def _update(self, document_id: str, state: _State, source: bytes) -> str:
        body = parsed(source)
        if "script" in body:
            raise unsupported("An update by script")
        only(body, _UPDATE, "UpdateRequest")
        change = dictionary(body.get("doc") or {}, "doc")
        if not state.exists:
            new = change if body.get("doc_as_upsert") else body.get("upsert")
            if new is None:
                raise missing(self.index.name, document_id)
            return self._put(document_id, state, orjson.dumps(new), dictionary(new, "upsert"))
        held = self._source(state)
        merged = _merged(held, change)
        if merged == held and body.get("detect_noop", True):
            return "noop"
        return self._put(document_id, state, orjson.dumps(merged), merged)

    def _source(self, state: _State) -> dict[str, Any]:
        if state.source is None:
            sql_text = f"SELECT _source FROM {self._table} WHERE rowid = ?"
            [text] = self._connection.execute(sql_text, [state.rowid]).fetchone()
            state.source = text.encode()
        found: dict[str, Any] = orjson.loads(state.source)
        return found

    def _step(self, state: _State) -> None:
        state.version += 1
        state.number = self._next
        state.changed = True
        self._next += 1


def _merged(held: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """``change`` in ``held``: objects are merged, other values replaced."""
    merged = dict(held)
    for name, value in change.items():
        inner = held.get(name)
        merged[name] = _merged(inner, value) if isinstance(value, dict) and isinstance(inner, dict) else value
    return merged


def _new_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
