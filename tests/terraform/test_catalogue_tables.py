"""Tables of the Data Catalog as anybody's Terraform describes them: what was applied is not planned again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from datastreamer.provisioning.terraform.workspace import terraform_settings
from datastreamer.stages import ENVIRONMENTS
from tests.conftest import REGION, RunningStage

pytestmark = [pytest.mark.slow, pytest.mark.stage]

VERSIONS = ENVIRONMENTS.parent / "stage" / "versions.tf"
CODE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
}

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


@pytest.mark.timeout(600)
def test_a_table_that_is_applied_is_not_planned_again(stage: RunningStage, tmp_path: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "main.tf").write_text(CODE)
    _, settings = terraform_settings(os.environ, tmp_path / "config", VERSIONS)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_", "DATASTREAMER_"))}
    environ |= {key: settings[key] for key in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR") if key in settings}
    environ |= {
        "AWS_ENDPOINT_URL": stage.endpoint_url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "CHECKPOINT_DISABLE": "1",
    }
    for words in (["init"], ["apply", "-auto-approve"], ["plan", "-detailed-exitcode"], ["destroy", "-auto-approve"]):
        done = subprocess.run(
            ["terraform", *words, "-no-color", "-input=false"],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
