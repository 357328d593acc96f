mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:ap-northeast-1:123456789012:alarms" }
  }
}

variables {
  name        = "alarms"
  kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/lake"
}

run "is_encrypted_and_takes_messages_of_this_account_over_tls_only" {
  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "Messages must be encrypted at rest."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.this.policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Only this account's alarms may publish."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.this.policy).Statement[1].Principal.Service == "events.amazonaws.com" && !can(jsondecode(aws_sns_topic_policy.this.policy).Statement[1].Condition)
    error_message = "EventBridge must be let in without conditions, which it does not understand here."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_policy.this.policy).Statement[2].Effect == "Deny" && jsondecode(aws_sns_topic_policy.this.policy).Statement[2].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Plain HTTP must be refused."
  }
}

run "tells_everybody_who_asked" {
  variables {
    emails = ["a@example.com", "b@example.com"]
  }

  assert {
    condition     = toset([for subscription in values(aws_sns_topic_subscription.email) : subscription.endpoint]) == toset(["a@example.com", "b@example.com"])
    error_message = "Every address must be subscribed."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name        = "two words"
    kms_key_arn = "alias/aws/sns"
    emails      = ["nobody"]
  }

  expect_failures = [var.name, var.kms_key_arn, var.emails]
}
