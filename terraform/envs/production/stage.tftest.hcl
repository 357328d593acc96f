mock_provider "aws" {
  alias = "telemetry"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
}

mock_provider "aws" {
  alias = "inference"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
}

mock_provider "aws" {
  alias = "votes"

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "ap-northeast-1" }
  }
}

variables {
  job_script       = "../../modules/glue_job/testdata/job.py"
  job_package      = "../../modules/glue_job/testdata/package-1.zip"
  function_package = "../../modules/glue_job/testdata/package-1.zip"
  votes_site       = "../../modules/static_site/testdata/site"
  votes_packages = {
    votes_aggregate = "../../modules/glue_job/testdata/package-1.zip"
    votes_cast      = "../../modules/glue_job/testdata/package-1.zip"
    votes_socket    = "../../modules/glue_job/testdata/package-1.zip"
  }
}

run "the_values_of_the_stage_are_valid" {
  command = plan

  assert {
    condition     = output.telemetry.stream_name == "datastreamer-${var.stage}-stream"
    error_message = "The stage must have the telemetry pipeline, under its own name."
  }
}

run "the_inference_pipeline_is_off_until_it_is_asked_for" {
  command = plan

  assert {
    condition     = output.inference == null
    error_message = "A stage must not pay for a pipeline that nobody asked for."
  }
}

run "the_inference_pipeline_has_the_stages_name" {
  command = plan

  variables {
    pipelines = ["inference"]
  }

  assert {
    condition     = output.telemetry == null && output.inference.stack_name == "datastreamer-${var.stage}-inference"
    error_message = "The stage must have an inference stack of its own when it is switched on."
  }
}

run "the_votes_pipeline_is_on_when_it_is_asked_for" {
  command = plan

  variables {
    pipelines = ["votes"]
  }

  assert {
    condition     = output.telemetry == null && output.votes.stream_name == "datastreamer-${var.stage}-votes-stream"
    error_message = "The stage must have the votes pipeline, under its own name, when it is switched on."
  }
}

run "a_pipeline_that_is_off_leaves_nothing" {
  command = plan

  variables {
    pipelines = []
  }

  assert {
    condition     = output.telemetry == null
    error_message = "A pipeline that is off must have no resources."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    pipelines = ["telemetry", "weather"]
    region    = "Tokyo"
  }

  expect_failures = [var.pipelines, var.region]
}
