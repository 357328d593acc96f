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
}

variables {
  stack_name = "my-ml"
  packages   = "../../stage/testdata"
}

run "nothing_of_a_stack_resists_its_destruction_by_default" {
  command = plan

  assert {
    condition     = !output.inference.protected
    error_message = "A stack goes with one command, buckets and table included."
  }
}

run "a_stack_is_protected_when_asked" {
  command = plan

  variables {
    settings = { force_destroy = false, deletion_protection = true }
  }

  assert {
    condition     = output.inference.protected
    error_message = "A value that is given goes over the stack's own default."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    region = "Tokyo"
    stage  = "Production"
  }

  expect_failures = [var.region, var.stage]
}

run "a_stack_on_production_needs_an_address_for_alarms" {
  command = plan

  variables {
    stage = "prod"
  }

  expect_failures = [var.stage]
}

run "a_stack_on_production_with_an_address_is_as_any_other" {
  command = plan

  variables {
    stage    = "prod"
    settings = { alarm_emails = ["ops@example.com"] }
  }

  assert {
    condition     = output.inference.stack_name == "my-ml"
    error_message = "The address must be enough."
  }
}

run "refuses_settings_that_the_pipeline_does_not_have" {
  command = plan

  variables {
    settings = { shard_cont = 2 }
  }

  expect_failures = [output.inference]
}
