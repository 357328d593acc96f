"""The schema of a Parquet object, from its footer alone."""

from __future__ import annotations

import io
import struct
from typing import Any

from aws_stage.engines.glue_crawler.hive_types import Array, Columns, HiveType, Map, Struct
from aws_stage.engines.glue_crawler.objects import Bucket, StoredObject

MAGIC = b"PAR1"

_FOOTER_GUESS = 64 * 1024
_TRAILER = 8
"""Four bytes of footer length and the magic: https://parquet.apache.org/docs/file-format/"""


def read(bucket: Bucket, item: StoredObject) -> tuple[Columns, int]:
    """The columns and the number of rows; raises ValueError when it is no whole Parquet file."""
    import pyarrow as arrow
    import pyarrow.parquet

    tail = bucket.tail(item.key, _FOOTER_GUESS)
    if len(tail) < _TRAILER or tail[-4:] != MAGIC:
        raise ValueError("the Parquet footer is missing")
    length = struct.unpack("<I", tail[-_TRAILER:-4])[0] + _TRAILER
    if length > item.size:
        raise ValueError("the Parquet footer is longer than the object")
    if length > len(tail):
        tail = bucket.tail(item.key, length)
    try:
        # The reader takes the footer from the end of what it is given, and needs nothing in front of it.
        metadata = pyarrow.parquet.read_metadata(io.BytesIO(MAGIC + tail))
        schema = metadata.schema.to_arrow_schema()
    except (arrow.ArrowException, OSError) as error:
        raise ValueError(f"the Parquet footer cannot be read: {error}") from error
    return tuple((field.name, _hive_type(field.type)) for field in schema), metadata.num_rows


def _hive_type(kind: Any) -> HiveType:
    """As the bytes are held: a time is a number, and a column of nulls alone lies in the file as an INT32."""
    from pyarrow import types

    for test, name in (
        (types.is_boolean, "boolean"),
        (types.is_int8, "tinyint"),
        (types.is_int16, "smallint"),
        (types.is_uint8, "smallint"),
        (types.is_null, "int"),
        (types.is_int32, "int"),
        (types.is_uint16, "int"),
        (types.is_integer, "bigint"),
        (types.is_float64, "double"),
        (types.is_floating, "float"),
        (types.is_timestamp, "timestamp"),
        (types.is_date, "date"),
        (types.is_time32, "int"),
        (types.is_time64, "bigint"),
        (types.is_string, "string"),
        (types.is_large_string, "string"),
        (types.is_binary, "binary"),
        (types.is_large_binary, "binary"),
        (types.is_fixed_size_binary, "binary"),
    ):
        if test(kind):
            return name
    if types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_list(kind) or types.is_large_list(kind):
        return Array(_hive_type(kind.value_type))
    if types.is_map(kind):
        return Map(_hive_type(kind.key_type), _hive_type(kind.item_type))
    if types.is_struct(kind):
        return Struct(tuple((kind.field(i).name, _hive_type(kind.field(i).type)) for i in range(kind.num_fields)))
    if types.is_dictionary(kind):
        return _hive_type(kind.value_type)
    return "string"
