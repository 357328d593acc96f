"""The indices, templates and policies of a domain: in memory for whoever reads, in the database for good."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from aws_stage.engines.opensearch import sql
from aws_stage.engines.opensearch.index.fields import Field
from aws_stage.engines.opensearch.index.mapping import Mapping


@dataclass(frozen=True)
class Index:
    """One index. ``table`` holds its documents; ``created`` is in milliseconds since the epoch.

    ``managed`` is the policy that manages it, with the state that it is in (``policies.attached``).
    """

    name: str
    uuid: str
    table: str
    created: int
    mapping: Mapping
    settings: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, dict[str, Any]] = field(default_factory=dict)
    managed: dict[str, Any] | None = None

    def body(self) -> str:
        """What the database keeps beside the name."""
        document = {
            "uuid": self.uuid,
            "table": self.table,
            "created": self.created,
            "mapping": self.mapping.document(),
            "settings": self.settings,
            "aliases": self.aliases,
            "managed": self.managed,
        }
        return orjson.dumps(document).decode()

    @classmethod
    def load(cls, name: str, body: str) -> Index:
        document = orjson.loads(body)
        return cls(name, **{**document, "mapping": Mapping.parse(document["mapping"])})


COLUMNS = '"_id" VARCHAR, "_seq" BIGINT, "_version" BIGINT, "_source" VARCHAR'
"""What every table begins with; the columns of fields follow (``sql.column``)."""


class Catalogue:
    """What a transaction notes with ``change`` and ``change_templates`` is seen from ``publish`` on."""

    def __init__(self, connection: Any) -> None:
        rows = connection.execute("SELECT name, body FROM indices ORDER BY name").fetchall()
        self.indices: dict[str, Index] = {name: Index.load(name, body) for name, body in rows}
        rows = connection.execute("SELECT name, body FROM templates ORDER BY name").fetchall()
        self.templates: dict[str, dict[str, Any]] = {name: orjson.loads(body) for name, body in rows}
        rows = connection.execute("SELECT name, body FROM policies ORDER BY name").fetchall()
        self.policies: dict[str, dict[str, Any]] = {name: orjson.loads(body) for name, body in rows}
        self.begin()

    def begin(self) -> None:
        """A transaction begins; what one that failed has noted is forgotten."""
        self._indices, self._templates, self._policies = self.indices, self.templates, self.policies

    def change(self, indices: Iterable[Index] = (), removed: Iterable[str] = ()) -> None:
        """Note indices as they are now. Dictionaries are replaced, never changed: a reader may be walking one."""
        changed = {**self._indices, **{index.name: index for index in indices}}
        gone = set(removed)
        self._indices = {name: changed[name] for name in sorted(changed) if name not in gone}

    def change_templates(self, templates: dict[str, dict[str, Any]]) -> None:
        """Likewise templates."""
        self._templates = templates

    def change_policies(self, policies: dict[str, dict[str, Any]]) -> None:
        """Likewise policies: a policy with its version and its sequence number."""
        self._policies = policies

    def publish(self) -> None:
        """Show readers what has been noted."""
        self.indices, self.templates, self.policies = self._indices, self._templates, self._policies


def create(connection: Any, index: Index) -> Index:
    """Make an index and its table; returns it with the table's name."""
    [number] = connection.execute("SELECT nextval('tables')").fetchone()
    made = replace(index, table=f"documents_{number}")
    columns = [
        COLUMNS,
        *(f"{sql.name(sql.column(each.path))} {each.sql_type}" for each in made.mapping.fields.values()),
    ]
    connection.execute(f"CREATE TABLE {sql.name(made.table)} ({', '.join(columns)})")
    store(connection, made)
    return made


def store(connection: Any, index: Index) -> None:
    """Note an index as it is now."""
    connection.execute("INSERT OR REPLACE INTO indices VALUES (?, ?)", [index.name, index.body()])


def drop(connection: Any, index: Index) -> None:
    """Remove an index with its documents."""
    connection.execute(f"DROP TABLE {sql.name(index.table)}")
    connection.execute("DELETE FROM indices WHERE name = ?", [index.name])


def add_columns(connection: Any, index: Index, fields: Iterable[Field]) -> None:
    """Columns for fields that the mapping has got."""
    for each in fields:
        connection.execute(
            f"ALTER TABLE {sql.name(index.table)} ADD COLUMN {sql.name(sql.column(each.path))} {each.sql_type}"
        )
