mock_provider "aws" {
  alias  = "telemetry"
  source = "./mocks"
}

mock_provider "aws" {
  alias  = "inference"
  source = "./mocks"
}

mock_provider "aws" {
  alias  = "votes"
  source = "./mocks"
}

mock_provider "aws" {
  alias  = "taxi"
  source = "./mocks"
}

variables {
  stage    = "test"
  packages = "./testdata"
}

run "without_settings_nothing_is_on" {
  command = plan

  assert {
    condition     = output.telemetry == null && output.inference == null && output.votes == null && output.taxi == null
    error_message = "A stage must not pay for a pipeline that nobody asked for."
  }
}

run "a_pipeline_is_on_when_its_settings_are_given" {
  command = plan

  variables {
    telemetry = {}
  }

  assert {
    condition     = output.telemetry.stream_name == "datastreamer-test-stream" && output.inference == null && output.votes == null && output.taxi == null
    error_message = "The telemetry pipeline, alone, must be there under the stage's name."
  }
}

run "the_inference_pipeline_is_a_stack_with_the_stages_name" {
  command = plan

  variables {
    inference = { deletion_protection = false, force_destroy = true }
  }

  assert {
    condition     = output.telemetry == null && output.inference.stack_name == "datastreamer-test-inference" && !output.inference.protected
    error_message = "Commands find the stage's own stack by this name; its settings must reach the pipeline."
  }
}

run "the_votes_pipeline_has_the_stages_name" {
  command = plan

  variables {
    votes = {}
  }

  assert {
    condition     = output.votes.stream_name == "datastreamer-test-votes-stream" && output.votes.site_bucket == "datastreamer-test-votes-site-123456789012"
    error_message = "The votes pipeline must be there under the stage's name."
  }
}

run "the_taxi_pipeline_has_the_stages_name" {
  command = plan

  variables {
    taxi = {}
  }

  assert {
    condition     = output.taxi.job_name == "datastreamer-test-taxi-silver" && output.taxi.raw_bucket == "datastreamer-test-taxi-raw-123456789012" && output.votes == null
    error_message = "The taxi pipeline, alone, must be there under the stage's name."
  }
}

run "refuses_settings_that_a_pipeline_does_not_have" {
  command = plan

  variables {
    telemetry = { shard_cont = 2 }
    inference = { shard_cont = 2 }
    votes     = { shard_cont = 2 }
    taxi      = { shard_cont = 2 }
  }

  expect_failures = [output.telemetry, output.inference, output.votes, output.taxi]
}
