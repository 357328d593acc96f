"""What a table that was found looks like in the Data Catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from aws_stage.engines.glue_crawler.grouping import File, Folder, FoundTable
from aws_stage.engines.glue_crawler.hive_types import Columns, spelled
from aws_stage.engines.glue_crawler.objects import Location

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

_FORMATS = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "json": (_TEXT_INPUT, _TEXT_OUTPUT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": (_TEXT_INPUT, _TEXT_OUTPUT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
}
"""Input format, output format and SerDe, as Glue's built-in classifiers choose them."""

Parameters = dict[str, str]


def table_name(location: Location, prefix: str) -> str:
    """From the last folder (or the bucket): lower case, and ``_`` for what is no letter or digit."""
    last = location.prefix.strip("/").rpartition("/")[2] or location.bucket
    return prefix + re.sub(r"[^0-9a-z_]", "_", last.lower())


def statistics(files: Sequence[File]) -> Parameters:
    """Counts of a table or a partition."""
    size = sum(file.item.size for file in files)
    records = sum(file.profile.records for file in files)
    return {
        "sizeKey": str(size),
        "objectCount": str(len(files)),
        "recordCount": str(records),
        "averageRecordSize": str(round(size / records) if records else 0),
    }


def parameters(files: Sequence[File], crawler: str) -> Parameters:
    """The parameters that Glue sets on what it crawled."""
    profile = files[0].profile
    options = dict(profile.options)
    if any(file.profile.options.get("areColumnsQuoted") == "true" for file in files):
        options["areColumnsQuoted"] = "true"
    return {
        "CrawlerSchemaSerializerVersion": "1.0",
        "CrawlerSchemaDeserializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
        "classification": profile.format,
        "compressionType": profile.compression,
        "typeOfData": "file",
        **options,
        **statistics(files),
    }


def catalog_columns(columns: Columns) -> list[dict[str, str]]:
    """Columns as the catalog lists them."""
    return [{"Name": name, "Type": spelled(kind)} for name, kind in columns]


def data_columns(found: FoundTable, keys: Iterable[str]) -> list[dict[str, str]]:
    """The columns of what was found, as the catalog lists them beside the partition columns ``keys``.

    What is read by its names is without those; a delimited text is read by the places of its columns, so it keeps them,
    and Athena refuses a table that has a name twice.
    """
    columns, taken = catalog_columns(found.columns), set(keys)
    if found.files[0].profile.format == "csv":
        return columns
    return [column for column in columns if column["Name"] not in taken]


def descriptor(
    location: Location, columns: list[dict[str, str]], files: Sequence[File], crawler: str
) -> dict[str, Any]:
    """The StorageDescriptor of a table or of a partition."""
    profile = files[0].profile
    input_format, output_format, library = _FORMATS[profile.format]
    serde = {
        "parquet": {"serialization.format": "1"},
        "json": {"paths": ",".join(column["Name"] for column in columns)},
        "csv": {"field.delim": profile.options.get("delimiter", ",")},
    }[profile.format]
    return {
        "Columns": columns,
        "Location": str(location),
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "Compressed": profile.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters(files, crawler),
        "StoredAsSubDirectories": False,
    }


def table_input(name: str, location: Location, found: FoundTable, crawler: str) -> dict[str, Any]:
    """The TableInput of a table that the catalog does not have yet."""
    columns = data_columns(found, found.keys)
    return {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": descriptor(location, columns, found.files, crawler),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters(found.files, crawler),
    }


def partition_input(
    values: tuple[str, ...], location: Location, folder: Folder, crawler: str, inherited: dict[str, Any] | None
) -> dict[str, Any]:
    """The PartitionInput of a folder; ``inherited`` is the table's StorageDescriptor when partitions take after it."""
    if inherited is None:
        storage = descriptor(location, catalog_columns(folder.columns), folder.files, crawler)
    else:
        storage = {**inherited, "Location": str(location), "Parameters": parameters(folder.files, crawler)}
    return {"Values": list(values), "StorageDescriptor": storage, "Parameters": parameters(folder.files, crawler)}
