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
  name        = "lake"
  description = "Everything in the lake."
}

run "rotates_and_leaves_time_to_regret_its_deletion" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "A key must rotate, and its deletion must be cancellable for a month by default."
  }

  assert {
    condition     = output.alias == "alias/lake"
    error_message = "The alias is the name."
  }
}

run "the_policy_names_its_actions_and_only_this_account_and_its_logs" {
  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Action]) :
      !strcontains(action, "*")
    ])
    error_message = "No action may hold a star."
  }

  assert {
    condition     = contains(jsondecode(aws_kms_key.this.policy).Statement[0].Action, "kms:PutKeyPolicy") && jsondecode(aws_kms_key.this.policy).Statement[0].Principal.AWS == "arn:aws:iam::123456789012:root"
    error_message = "The account must stay able to change the policy."
  }

  assert {
    condition     = length(jsondecode(aws_kms_key.this.policy).Statement) == 2
    error_message = "Nobody else may use the key unless asked for."
  }
}

run "services_that_publish_may_use_it_for_this_account" {
  variables {
    publishing_services = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[2].Principal.Service == "cloudwatch.amazonaws.com" && jsondecode(aws_kms_key.this.policy).Statement[2].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "A publishing service must be let in, for this account only."
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[3].Principal.Service == "events.amazonaws.com" && !can(jsondecode(aws_kms_key.this.policy).Statement[3].Condition)
    error_message = "EventBridge names no account to an encrypted topic, so a condition would shut it out."
  }
}

run "cloudfront_may_use_it_for_the_distributions_of_this_account" {
  variables {
    publishing_services = ["cloudfront.amazonaws.com"]
  }

  assert {
    condition     = jsondecode(aws_kms_key.this.policy).Statement[2].Condition == { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/*" } }
    error_message = "CloudFront names its distribution, not the account: another condition would answer 403 to everybody."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                 = "aws/lake"
    deletion_window_days = 5
    publishing_services  = ["somebody"]
  }

  expect_failures = [var.name, var.deletion_window_days, var.publishing_services]
}
