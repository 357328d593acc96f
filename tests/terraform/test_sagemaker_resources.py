"""A pipeline of SageMaker and the group that it registers models in, as anybody's Terraform describes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import RunningStage
from tests.terraform.plain_code import apply_plan_and_destroy

pytestmark = [pytest.mark.slow, pytest.mark.stage]

CODE = """
resource "aws_sagemaker_model_package_group" "fares" {
  model_package_group_name        = "terraform-fares"
  model_package_group_description = "fares"
  tags                            = { STACK = "some" }
}

resource "aws_iam_role" "pipeline" {
  name = "terraform-pipeline"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "sagemaker.amazonaws.com" } }]
  })
}

resource "aws_sagemaker_pipeline" "retrain" {
  pipeline_name         = "terraform-retrain"
  pipeline_display_name = "retrain"
  pipeline_description  = "trains again"
  role_arn              = aws_iam_role.pipeline.arn
  tags                  = { STACK = "some" }

  parallelism_configuration {
    max_parallel_execution_steps = 2
  }

  pipeline_definition = jsonencode({
    Version    = "2020-12-01"
    Parameters = [{ Name = "Limit", Type = "Float", DefaultValue = 1.5 }]
    Steps = [{
      Name = "Gate"
      Type = "Condition"
      Arguments = {
        Conditions = [{ Type = "LessThan", LeftValue = 1, RightValue = { Get = "Parameters.Limit" } }]
        IfSteps    = []
        ElseSteps = [{
          Name      = "No"
          Type      = "Fail"
          Arguments = { ErrorMessage = aws_sagemaker_model_package_group.fares.arn }
        }]
      }
    }]
  })
}
"""


def test_a_pipeline_and_a_group_that_are_applied_are_not_planned_again(stage: RunningStage, tmp_path: Path) -> None:
    apply_plan_and_destroy(CODE, stage, tmp_path)
