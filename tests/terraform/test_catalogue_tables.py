"""Tables of the Data Catalog as anybody's Terraform describes them: what was applied is not planned again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunningStage
from tests.terraform.plain_code import apply_plan_and_destroy

pytestmark = [pytest.mark.slow, pytest.mark.stage]

CODE = """
resource "aws_glue_catalog_database" "some" {
  name = "terraform_catalogue"
}

resource "aws_glue_catalog_table" "basic" {
  name          = "basic"
  database_name = aws_glue_catalog_database.some.name
}

resource "aws_glue_catalog_table" "whole" {
  name          = "whole"
  database_name = aws_glue_catalog_database.some.name
  description   = "all that is often given"
  owner         = "somebody"
  retention     = 7
  table_type    = "EXTERNAL_TABLE"
  parameters    = { classification = "parquet" }

  partition_keys {
    name = "day"
    type = "string"
  }

  partition_index {
    index_name = "by_day"
    keys       = ["day"]
  }

  storage_descriptor {
    location      = "s3://anywhere/whole/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    columns {
      name    = "a"
      type    = "array<int>"
      comment = "numbers"
    }

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    }
  }
}
"""


def test_a_table_that_is_applied_is_not_planned_again(stage: RunningStage, tmp_path: Path) -> None:
    apply_plan_and_destroy(CODE, stage, tmp_path)
