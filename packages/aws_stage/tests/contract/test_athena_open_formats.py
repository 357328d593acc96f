"""Tables of which not every file counts: refused by their names, neither read nor written."""

from __future__ import annotations

from typing import Any

import pytest
from aws_stage.testing import RunningStage

from contract.athena_lake import AthenaLake

STORAGE: dict[str, Any] = {
    "Columns": [{"Name": "id", "Type": "int"}],
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}


@pytest.fixture(scope="module")
def lake(stage: RunningStage) -> AthenaLake:
    return AthenaLake(stage, "athena_open_formats")


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        (
            "ice",
            {"table_type": "ICEBERG", "metadata_location": "s3://athena-open-formats/ice/metadata/0.json"},
            "Iceberg",
        ),
        ("delta", {"table_type": "DELTA"}, "Delta Lake"),
        ("spark_delta", {"spark.sql.sources.provider": "delta"}, "Delta Lake"),
        ("hudi", {"spark.sql.sources.provider": "hudi"}, "Hudi"),
    ],
)
def test_a_table_with_a_log_of_its_files_is_neither_read_nor_changed(
    lake: AthenaLake, name: str, parameters: dict[str, str], kind: str
) -> None:
    lake.put_parquet(f"{name}/removed.parquet", [{"id": 1}])
    storage = {**STORAGE, "Location": f"s3://athena-open-formats/{name}/"}
    lake.glue.create_table(
        DatabaseName=lake.name, TableInput={"Name": name, "Parameters": parameters, "StorageDescriptor": storage}
    )
    before = lake.glue.get_table(DatabaseName=lake.name, Name=name)["Table"]["VersionId"]
    for sql in (f"SELECT * FROM {name}", f"INSERT INTO {name} VALUES 2", f"ALTER TABLE {name} ADD COLUMNS (more int)"):
        assert lake.failure(sql) == (
            f"NOT_SUPPORTED: {kind} tables are not supported by the local stage: {lake.name}.{name} is one"
        )
    assert lake.keys(f"{name}/") == [f"{name}/removed.parquet"]
    assert lake.glue.get_table(DatabaseName=lake.name, Name=name)["Table"]["VersionId"] == before
    lake.rows(f"DROP TABLE {name}")


def test_a_resource_link_is_refused_by_that_name(lake: AthenaLake) -> None:
    target = {"CatalogId": "000000000000", "DatabaseName": lake.name, "Name": "anything"}
    lake.glue.create_table(DatabaseName=lake.name, TableInput={"Name": "link", "TargetTable": target})
    assert lake.failure("SELECT count(*) FROM link").startswith("NOT_SUPPORTED: Resource link tables are not supported")
