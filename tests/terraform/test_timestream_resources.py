"""A database of Timestream and its tables, as anybody's Terraform describes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunningStage
from tests.terraform.plain_code import apply_plan_and_destroy

pytestmark = [pytest.mark.slow, pytest.mark.stage]

CODE = """
resource "aws_kms_key" "metrics" {
  description = "metrics"
}

resource "aws_timestreamwrite_database" "metrics" {
  database_name = "terraform-metrics"
  kms_key_id    = aws_kms_key.metrics.arn
  tags          = { STACK = "some" }
}

resource "aws_timestreamwrite_database" "plain" {
  database_name = "terraform-plain"
}

resource "aws_timestreamwrite_table" "devices" {
  database_name = aws_timestreamwrite_database.metrics.database_name
  table_name    = "devices"
  tags          = { STACK = "some" }

  retention_properties {
    memory_store_retention_period_in_hours  = 24
    magnetic_store_retention_period_in_days = 365
  }

  magnetic_store_write_properties {
    enable_magnetic_store_writes = true
  }

  schema {
    composite_partition_key {
      type                  = "DIMENSION"
      name                  = "device_id"
      enforcement_in_record = "REQUIRED"
    }
  }
}

resource "aws_timestreamwrite_table" "plain" {
  database_name = aws_timestreamwrite_database.plain.database_name
  table_name    = "plain"
}

data "aws_timestreamwrite_table" "devices" {
  database_name = aws_timestreamwrite_table.devices.database_name
  name          = aws_timestreamwrite_table.devices.table_name
}
"""


def test_a_database_and_tables_that_are_applied_are_not_planned_again(stage: RunningStage, tmp_path: Path) -> None:
    apply_plan_and_destroy(CODE, stage, tmp_path)
