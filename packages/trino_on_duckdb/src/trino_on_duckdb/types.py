"""Trino's types, and the DuckDB types that hold their values.

A DuckDB value of a type here is always held the same way:

- ``timestamp(p) with time zone`` is the instant as a UTC TIMESTAMP where its zone is part of the type (``Type.zone``),
  since a query names it as a constant; where each value has its own (``FROM_VALUE``), a STRUCT of instant and zone;
- intervals are Trino's own numbers: milliseconds (BIGINT) for day to second, months (INTEGER) for year to month;
- ``json`` is the canonical text (VARCHAR); ``varbinary`` is BLOB; ``uuid`` is UUID.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from trino_on_duckdb.errors import QueryError
from trino_on_duckdb.syntax.tree import TypeName


@dataclass(frozen=True)
class Type:
    """One type.

    ``size`` is a decimal's precision, a varchar's or char's length (None: unbounded), a time's digits of fraction;
    ``items`` are the types inside, ``fields`` a row's names (None: unnamed).
    """

    kind: str
    size: int | None = None
    scale: int = 0
    items: tuple[Type, ...] = ()
    fields: tuple[str | None, ...] = ()
    zone: str | None = None

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.items))
        match self.kind:
            case "decimal":
                return f"decimal({self.size},{self.scale})"
            case "varchar" | "char" if self.size is not None:
                return f"{self.kind}({self.size})"
            case "timestamp" | "time":
                return f"{self.kind}({self.size})"
            case "timestamp with time zone":
                return f"timestamp({self.size}) with time zone"
            case "array" | "map" | "function" | "timeseries":
                return f"{self.kind}({inner})"
            case "row":
                named = zip(self.fields, self.items, strict=True)
                return f"row({', '.join(f'{name} {item}' if name else str(item) for name, item in named)})"
            case _:
                return self.kind


FROM_VALUE = "from value"
"""The zone of a type whose values carry their zones: texts with offsets were read, or different zones met."""

UNKNOWN = Type("unknown")
BOOLEAN = Type("boolean")
TINYINT = Type("tinyint")
SMALLINT = Type("smallint")
INTEGER = Type("integer")
BIGINT = Type("bigint")
REAL = Type("real")
DOUBLE = Type("double")
VARCHAR = Type("varchar")
VARBINARY = Type("varbinary")
JSON = Type("json")
DATE = Type("date")
TIME = Type("time", 3)
TIMESTAMP = Type("timestamp", 3)
TIMESTAMP_TZ = Type("timestamp with time zone", 3, zone="UTC")
INTERVAL_DAY = Type("interval day to second")
INTERVAL_YEAR = Type("interval year to month")
UUID = Type("uuid")

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
NUMBERS = (*INTEGERS, "decimal", "real", "double")
TIMES = ("date", "timestamp", "timestamp with time zone")

_SIMPLE = {
    kind.kind: kind
    for kind in (
        BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, VARCHAR, VARBINARY, JSON, DATE, INTERVAL_DAY,
        INTERVAL_YEAR, UUID, UNKNOWN,
    )
}  # fmt: skip
_SYNONYMS = {"int": "integer", "dec": "decimal", "numeric": "decimal", "double precision": "double"}

REFUSED_TYPES = (
    "ipaddress", "ipprefix", "hyperloglog", "p4hyperloglog", "qdigest", "tdigest", "setdigest", "geometry",
    "sphericalgeography", "bingtile", "color", "time with time zone",
)  # fmt: skip
"""Types that Athena has and that are not held here."""

MAX_DECIMAL = 38
MAX_FRACTION = 6
"""DuckDB keeps microseconds."""


def array_of(item: Type) -> Type:
    return Type("array", items=(item,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", items=(key, value))


def time_series_of(value: Type) -> Type:
    """Timestream's timeseries: an array of rows of time and value."""
    return Type("timeseries", items=(value,))


def points_of(series: Type) -> Type:
    """The array that a time series is."""
    return array_of(row_of(timestamp_of(MAX_FRACTION), series.items[0], fields=("time", "value")))


def row_of(*items: Type, fields: tuple[str | None, ...] | None = None) -> Type:
    return Type("row", items=items, fields=fields or (None,) * len(items))


def decimal_of(precision: int, scale: int) -> Type:
    return Type("decimal", precision, scale)


def timestamp_of(precision: int, zone: str | None = None) -> Type:
    return Type("timestamp with time zone" if zone else "timestamp", precision, zone=zone)


def contains(kind: str, whole: Type) -> bool:
    """Whether ``whole`` is of this kind or has it anywhere inside."""
    return whole.kind == kind or any(contains(kind, item) for item in whole.items)


def carries_zone(whole: Type) -> bool:
    """Whether a value of the type, or one inside it, carries its time zone."""
    return whole.zone == FROM_VALUE or any(carries_zone(item) for item in whole.items)


def strip_zone(whole: Type) -> Type:
    """The same type in UTC throughout."""
    return replace(whole, zone="UTC" if whole.zone else None, items=tuple(strip_zone(item) for item in whole.items))


# --- from names ---------------------------------------------------------------------------------------------------


def from_name(name: TypeName) -> Type:
    """The type that a type's name means; QueryError (TYPE_NOT_FOUND, NOT_SUPPORTED) if there is none here."""
    kind = _SYNONYMS.get(name.name, name.name)
    if name.types:
        items = tuple(from_name(item) for item in name.types)
        return _container(name, kind, items)
    if kind == "decimal":
        return _decimal(name)
    if kind in ("timestamp", "time", "timestamp with time zone"):
        precision = name.numbers[0] if name.numbers else 3
        if precision > MAX_FRACTION:
            raise QueryError(
                "NOT_SUPPORTED",
                f"{_at(name)}{kind} keeps at most {MAX_FRACTION} digits of a second here, not {precision}",
            )
        return Type(kind, precision, zone="UTC" if kind.endswith("zone") else None)
    if kind in ("varchar", "char"):
        return Type(kind, name.numbers[0] if name.numbers else (1 if kind == "char" else None))
    if kind in _SIMPLE and not name.numbers:
        return _SIMPLE[kind]
    if kind in REFUSED_TYPES:
        raise QueryError("NOT_SUPPORTED", f"{_at(name)}Type {name.name} is not supported by the local Athena")
    raise QueryError("TYPE_NOT_FOUND", f"{_at(name)}Unknown type: {name.name}")


def _container(name: TypeName, kind: str, items: tuple[Type, ...]) -> Type:
    if kind == "row":
        return Type("row", items=items, fields=name.fields or (None,) * len(items))
    if (kind, len(items)) in (("array", 1), ("map", 2), ("timeseries", 1)):
        return Type(kind, items=items)
    raise QueryError("TYPE_NOT_FOUND", f"{_at(name)}Unknown type: {name.name}")


def _decimal(name: TypeName) -> Type:
    precision, scale = (*name.numbers, 0)[:2] if name.numbers else (MAX_DECIMAL, 0)
    if not 1 <= precision <= MAX_DECIMAL:
        raise QueryError("INVALID_ARGUMENTS", f"{_at(name)}DECIMAL precision must be in range [1, 38]: {precision}")
    if scale > precision:
        raise QueryError("INVALID_ARGUMENTS", f"{_at(name)}DECIMAL scale must be in range [0, precision]: {scale}")
    return decimal_of(precision, scale)


def _at(name: TypeName) -> str:
    return f"{name.place}: " if name.place.line else ""


@lru_cache(maxsize=1024)
def parse_type(text: str) -> Type:
    """Athena's type text, for example ``array(row(a integer))``."""
    from trino_on_duckdb.syntax import type_names

    return from_name(type_names.parse(text))


@lru_cache(maxsize=1024)
def parse_hive_type(text: str) -> Type:
    """Hive's type text, for example ``array<struct<a:int>>``; QueryError for one that Athena does not read."""
    from trino_on_duckdb.syntax import type_names

    return _from_hive(type_names.parse_hive(text))


_HIVE = {"string": VARCHAR, "binary": VARBINARY, "float": REAL, "timestamp": TIMESTAMP}
_NOT_HIVE = ("json", "time", "interval day to second", "interval year to month", "uuid", "real", "varbinary", "row")


def _from_hive(name: TypeName) -> Type:
    if name.name in _HIVE:
        return _HIVE[name.name]
    if name.name in _NOT_HIVE:
        raise QueryError("HIVE_METASTORE_ERROR", f"Unsupported Hive type: {name.name}")
    if name.name in ("decimal", "numeric"):
        return _decimal(name if name.numbers else replace(name, numbers=(10, 0)))
    items = tuple(_from_hive(item) for item in name.types)
    if name.name == "struct":
        return Type("row", items=items, fields=name.fields)
    return _container(name, name.name, items) if items else from_name(name)


# --- to DuckDB ------------------------------------------------------------------------------------------------------

_DUCKDB = {
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "json": "VARCHAR",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP",
    "interval day to second": "BIGINT",
    "interval year to month": "INTEGER",
    "uuid": "UUID",
    "unknown": "INTEGER",
}


def duckdb_type(type_: Type) -> str:
    """The text of the DuckDB type that holds this type's values."""
    match type_.kind:
        case "decimal":
            return f"DECIMAL({type_.size},{type_.scale})"
        case "array":
            return f"{duckdb_type(type_.items[0])}[]"
        case "timeseries":
            return duckdb_type(points_of(type_))
        case "map":
            return f"MAP({duckdb_type(type_.items[0])}, {duckdb_type(type_.items[1])})"
        case "row":
            names = row_field_names(type_)
            return "STRUCT(" + ", ".join(f"{n} {duckdb_type(i)}" for n, i in zip(names, type_.items, strict=True)) + ")"
        case "timestamp with time zone" if type_.zone == FROM_VALUE:
            return "STRUCT(t TIMESTAMP, z VARCHAR)"
        case _:
            return _DUCKDB[type_.kind]


def row_field_names(type_: Type) -> list[str]:
    """DuckDB's (quoted) names of a row's fields: Trino allows unnamed and repeated ones, a STRUCT does not."""
    names: list[str] = []
    seen: set[str] = set()
    for index, name in enumerate(type_.fields):
        chosen = name.lower() if name else f"field{index}"
        while chosen in seen:
            chosen += "_"
        seen.add(chosen)
        names.append('"' + chosen.replace('"', '""') + '"')
    return names


def column_info_name(type_: Type) -> str:
    """The name without its parameters, as ColumnInfo's Type has it."""
    return type_.kind
