"""A cluster of Neptune with all that belongs to it, as a pipeline's module describes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunningStage
from tests.terraform.plain_code import apply_plan_and_destroy

pytestmark = [pytest.mark.slow, pytest.mark.stage]

CODE = """
resource "aws_vpc" "this" { cidr_block = "10.1.0.0/16" }
data "aws_availability_zones" "here" { state = "available" }

resource "aws_subnet" "data" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.1.${count.index}.0/24"
  availability_zone = data.aws_availability_zones.here.names[count.index]
}

resource "aws_security_group" "graph" {
  name        = "terraform-neptune"
  description = "the graph"
  vpc_id      = aws_vpc.this.id
}

resource "aws_kms_key" "this" { description = "the graph's" }

resource "aws_neptune_subnet_group" "this" {
  name       = "terraform-fleet"
  subnet_ids = aws_subnet.data[*].id
  tags       = { STACK = "some" }
}

resource "aws_neptune_cluster_parameter_group" "this" {
  name   = "terraform-fleet"
  family = "neptune1.4"

  parameter {
    name  = "neptune_enable_audit_log"
    value = "1"
  }
  parameter {
    name         = "neptune_enable_slow_query_log"
    value        = "info"
    apply_method = "immediate"
  }
}

resource "aws_neptune_parameter_group" "this" {
  name   = "terraform-fleet"
  family = "neptune1.4"

  parameter {
    name  = "neptune_query_timeout"
    value = "20000"
  }
}

resource "aws_neptune_cluster" "this" {
  cluster_identifier                   = "terraform-fleet"
  engine_version                       = "1.4.6.0"
  backup_retention_period              = 7
  preferred_backup_window              = "17:00-18:00"
  skip_final_snapshot                  = true
  iam_database_authentication_enabled  = true
  storage_encrypted                    = true
  kms_key_arn                          = aws_kms_key.this.arn
  vpc_security_group_ids               = [aws_security_group.graph.id]
  neptune_subnet_group_name            = aws_neptune_subnet_group.this.name
  neptune_cluster_parameter_group_name = aws_neptune_cluster_parameter_group.this.name
  enable_cloudwatch_logs_exports       = ["audit", "slowquery"]
  copy_tags_to_snapshot                = true
  deletion_protection                  = false
  apply_immediately                    = true
  tags                                 = { STACK = "some" }

  serverless_v2_scaling_configuration {
    min_capacity = 1
    max_capacity = 8
  }
}

resource "aws_neptune_cluster_instance" "this" {
  count                        = 2
  identifier                   = "terraform-fleet-${count.index}"
  cluster_identifier           = aws_neptune_cluster.this.id
  instance_class               = count.index == 0 ? "db.r6g.large" : "db.serverless"
  neptune_parameter_group_name = aws_neptune_parameter_group.this.name
  auto_minor_version_upgrade   = true
  promotion_tier               = count.index
}
"""


def test_a_cluster_that_is_applied_is_not_planned_again(stage: RunningStage, tmp_path: Path) -> None:
    apply_plan_and_destroy(CODE, stage, tmp_path)
