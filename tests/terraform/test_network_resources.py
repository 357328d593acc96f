"""A network as a pipeline's module makes it, and a function in it: applied once, nothing is planned again."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.conftest import REGION, RunningStage
from tests.terraform.plain_code import apply_plan_and_destroy

pytestmark = [pytest.mark.slow, pytest.mark.stage]

NETWORK = """
provider "aws" {
  default_tags { tags = { PROJECT = "some" } }
}

data "aws_availability_zones" "here" { state = "available" }

resource "aws_vpc" "this" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
}

resource "aws_default_security_group" "closed" { vpc_id = aws_vpc.this.id }

resource "aws_subnet" "public" {
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.0.0.0/24"
  availability_zone = data.aws_availability_zones.here.names[0]
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  cidr_block        = "10.0.1${count.index}.0/24"
  availability_zone = data.aws_availability_zones.here.names[count.index]
}

resource "aws_internet_gateway" "this" { vpc_id = aws_vpc.this.id }
resource "aws_eip" "nat" { domain = "vpc" }

resource "aws_nat_gateway" "this" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public.id
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route_table" "public" { vpc_id = aws_vpc.this.id }
resource "aws_route_table" "private" { vpc_id = aws_vpc.this.id }

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route" "nat" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this.id
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "function" {
  name        = "terraform-function"
  description = "the function"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "graph" {
  name        = "terraform-graph"
  description = "the graph"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "graph" {
  security_group_id            = aws_security_group.function.id
  description                  = "to the graph"
  referenced_security_group_id = aws_security_group.graph.id
  from_port                    = 8182
  to_port                      = 8182
  ip_protocol                  = "tcp"
}

resource "aws_vpc_security_group_ingress_rule" "function" {
  security_group_id            = aws_security_group.graph.id
  description                  = "from the function"
  referenced_security_group_id = aws_security_group.function.id
  from_port                    = 8182
  to_port                      = 8182
  ip_protocol                  = "tcp"
}

data "aws_prefix_list" "s3" { name = "com.amazonaws.REGION.s3" }

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.function.id
  description       = "to S3"
  prefix_list_id    = data.aws_prefix_list.s3.id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.REGION.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
}

resource "aws_vpc_endpoint" "logs" {
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.REGION.logs"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.graph.id]

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "logs:*", Resource = "*" }]
  })
}
"""

LOGS = """
resource "aws_iam_role" "service" {
  name = "terraform-network"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["vpc-flow-logs.amazonaws.com", "lambda.amazonaws.com"] }
    }]
  })
}

resource "aws_flow_log" "bucket" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = "arn:aws:s3:::terraform-flow-logs/flow/"
  max_aggregation_interval = 600

  destination_options {
    file_format                = "parquet"
    per_hour_partition         = true
    hive_compatible_partitions = true
  }
}

resource "aws_cloudwatch_log_group" "flow" { name = "/terraform/flow" }

resource "aws_flow_log" "group" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "REJECT"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.service.arn
  max_aggregation_interval = 60
}

resource "aws_lambda_function" "inside" {
  function_name = "terraform-inside"
  role          = aws_iam_role.service.arn
  runtime       = "python3.11"
  handler       = "handler.handler"
  filename      = "PACKAGE"

  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.function.id]
  }
}
"""


def test_a_network_that_is_applied_is_not_planned_again(stage: RunningStage, tmp_path: Path) -> None:
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context):\n    return {}\n")
    code = (NETWORK + LOGS).replace("REGION", REGION).replace("PACKAGE", str(package))
    apply_plan_and_destroy(code, stage, tmp_path)
