# The same file for every stage: the others link to it.

mock_provider "aws" {
  alias  = "telemetry"
  source = "../../stage/mocks"
}

mock_provider "aws" {
  alias  = "inference"
  source = "../../stage/mocks"
}

mock_provider "aws" {
  alias  = "votes"
  source = "../../stage/mocks"
}

mock_provider "aws" {
  alias  = "taxi"
  source = "../../stage/mocks"
}

variables {
  packages     = "../../stage/testdata"
  alarm_emails = ["ops@example.com"]
}

run "the_values_of_the_stage_are_valid" {
  command = plan

  assert {
    condition     = output.telemetry.stream_name == "datastreamer-${var.stage}-stream"
    error_message = "The stage must have the telemetry pipeline, under its own name."
  }

  assert {
    condition     = output.inference == null && output.votes == null && output.taxi == null
    error_message = "A stage must not pay for a pipeline that nobody asked for."
  }
}

run "every_other_pipeline_can_be_asked_for" {
  command = plan

  variables {
    extra_pipelines = ["inference", "votes", "taxi"]
  }

  assert {
    condition     = output.inference.stack_name == "datastreamer-${var.stage}-inference" && output.votes.stream_name == "datastreamer-${var.stage}-votes-stream" && output.taxi.job_name == "datastreamer-${var.stage}-taxi-silver"
    error_message = "The stage must have the pipelines that it is asked for, under its own name."
  }
}

run "refuses_another_stages_name_and_a_pipeline_that_there_is_not" {
  command = plan

  variables {
    stage           = "another"
    extra_pipelines = ["weather"]
  }

  expect_failures = [var.stage, var.extra_pipelines]
}
