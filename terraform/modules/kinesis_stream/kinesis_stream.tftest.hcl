mock_provider "aws" {
  mock_resource "aws_kinesis_stream" {
    defaults = {
      arn = "arn:aws:kinesis:ap-northeast-1:123456789012:stream/readings"
    }
  }
}

variables {
  name = "readings"
}

run "is_encrypted_with_the_aws_managed_key_by_default" {
  assert {
    condition     = aws_kinesis_stream.this.encryption_type == "KMS" && aws_kinesis_stream.this.kms_key_id == "alias/aws/kinesis"
    error_message = "A stream must be encrypted at rest."
  }

  assert {
    condition     = length(jsondecode(aws_iam_policy.producer.policy).Statement) == 1
    error_message = "The AWS managed key needs no permission of its own."
  }
}

run "a_producer_may_write_to_this_stream_and_use_its_key_for_it" {
  variables {
    kms_key_id = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.producer.policy).Statement :
      contains([aws_kinesis_stream.this.arn, "arn:aws:kms:ap-northeast-1:123456789012:key/1"], statement.Resource)
    ])
    error_message = "The producer policy must name the stream and its key, nothing else."
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_policy.producer.policy).Statement : statement.Action]) :
      !strcontains(action, "*")
    ])
    error_message = "The producer policy must name its actions."
  }
}

run "needs_no_key_when_it_is_not_encrypted" {
  variables {
    encrypted  = false
    kms_key_id = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
  }

  assert {
    condition     = aws_kinesis_stream.this.encryption_type == "NONE" && aws_kinesis_stream.this.kms_key_id == null
    error_message = "AWS refuses a key without encryption."
  }

  assert {
    condition     = length(jsondecode(aws_iam_policy.producer.policy).Statement) == 1
    error_message = "Without encryption a producer needs no key."
  }
}

run "an_on_demand_stream_has_no_shard_count" {
  variables {
    mode        = "ON_DEMAND"
    shard_count = 7
  }

  assert {
    condition     = aws_kinesis_stream.this.shard_count == null && aws_kinesis_stream.this.stream_mode_details[0].stream_mode == "ON_DEMAND"
    error_message = "AWS refuses a shard count in mode ON_DEMAND."
  }
}

run "alarms_tell_the_topic_of_a_late_consumer_and_of_throttling" {
  variables {
    iterator_age_alarm_seconds = 60
    alarm_topic_arns           = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["iterator-age"].threshold == 60000
    error_message = "The metric counts milliseconds."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["iterator-age", "read-throttled", "write-throttled"])
    error_message = "A late consumer and throttling on both sides must raise an alarm."
  }

  assert {
    condition = alltrue([
      for alarm in values(aws_cloudwatch_metric_alarm.this) :
      contains(alarm.alarm_actions, "arn:aws:sns:ap-northeast-1:123456789012:alarms") && alarm.dimensions.StreamName == "readings"
    ])
    error_message = "Every alarm must watch this stream and tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                       = "two words"
    mode                       = "SERVERLESS"
    shard_count                = 0
    retention_hours            = 23
    kms_key_id                 = "alias/mine"
    shard_level_metrics        = ["IncomingBytes", "Temperature"]
    iterator_age_alarm_seconds = 0
  }

  expect_failures = [
    var.name,
    var.mode,
    var.shard_count,
    var.retention_hours,
    var.kms_key_id,
    var.shard_level_metrics,
    var.iterator_age_alarm_seconds,
  ]
}
