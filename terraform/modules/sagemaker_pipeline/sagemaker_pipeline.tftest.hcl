mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/somebody" }
  }

  mock_resource "aws_sagemaker_pipeline" {
    defaults = { arn = "arn:aws:sagemaker:ap-northeast-1:123456789012:pipeline/fares" }
  }
}

variables {
  name                = "fares"
  description         = "Trains."
  parameters          = [{ Name = "Rounds", Type = "Integer", DefaultValue = 10 }]
  steps               = [{ Name = "Train", Type = "Training", Arguments = { RoleArn = { Get = "Parameters.JobRole" } } }]
  image               = "354813040037.dkr.ecr.ap-northeast-1.amazonaws.com/sagemaker-xgboost:3.0-5"
  function_arns       = ["arn:aws:lambda:ap-northeast-1:123456789012:function:prepare"]
  read_paths          = ["sets/training/"]
  write_paths         = ["models/artifacts/"]
  kms_key_arn         = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
  schedule_expression = "cron(0 12 5 * ? *)"
  alarm_topic_arns    = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
}

run "the_definition_has_the_jobs_role_beside_the_parameters" {
  assert {
    condition     = output.definition.Version == "2020-12-01" && output.definition.Parameters[*].Name == ["JobRole", "Rounds"] && output.definition.Parameters[0].DefaultValue == "arn:aws:iam::123456789012:role/somebody"
    error_message = "Steps name the role of their jobs as a parameter."
  }

  assert {
    condition     = output.definition.PipelineExperimentConfig == null && output.definition.Steps[0].Name == "Train"
    error_message = "No experiment is kept of an execution."
  }
}

run "the_pipeline_cannot_touch_data_and_jobs_cannot_start_any" {
  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_role_policy.pipeline.policy).Statement : statement.Action])) == toset(["sagemaker:AddTags", "sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "iam:PassRole", "lambda:InvokeFunction"])
    error_message = "The pipeline's role may start jobs and invoke functions."
  }

  assert {
    condition     = { for statement in jsondecode(aws_iam_role_policy.jobs.policy).Statement : statement.Sid => statement.Resource if contains(["ReadInputs", "WriteOutputs"], statement.Sid) } == { ReadInputs = ["arn:aws:s3:::sets/training/*", "arn:aws:s3:::models/artifacts/*"], WriteOutputs = ["arn:aws:s3:::models/artifacts/*"] }
    error_message = "Jobs read and write their own paths."
  }
}

run "a_schedule_starts_it_and_a_failure_reaches_the_topic" {
  assert {
    condition     = aws_scheduler_schedule.this.target[0].arn == "arn:aws:sagemaker:ap-northeast-1:123456789012:pipeline/fares" && aws_scheduler_schedule.this.state == "ENABLED"
    error_message = "The schedule must start the pipeline."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.failure.event_pattern).detail == { pipelineArn = ["arn:aws:sagemaker:ap-northeast-1:123456789012:pipeline/fares"], currentPipelineExecutionStatus = ["Failed"] } && length(aws_cloudwatch_event_target.failure) == 1
    error_message = "A failed execution must be reported."
  }
}

run "refuses_a_bad_name" {
  command = plan

  variables {
    name = "fares_of_taxis"
  }

  expect_failures = [var.name]
}

run "refuses_parameters_without_a_default" {
  command = plan

  variables {
    parameters = [{ Name = "Rounds", Type = "Integer" }]
  }

  expect_failures = [var.parameters]
}

run "refuses_no_steps" {
  command = plan

  variables {
    steps = []
  }

  expect_failures = [var.steps]
}

run "refuses_an_image_that_is_not_in_ecr" {
  command = plan

  variables {
    image = "docker.io/xgboost"
  }

  expect_failures = [var.image]
}

run "refuses_a_key_that_is_none" {
  command = plan

  variables {
    kms_key_arn = "alias/taxi"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_schedule_that_is_none" {
  command = plan

  variables {
    schedule_expression = "monthly"
  }

  expect_failures = [var.schedule_expression]
}
