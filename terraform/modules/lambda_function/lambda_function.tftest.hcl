mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/score-role" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/lambda/score" }
  }
}

variables {
  name         = "score"
  description  = "Scores."
  package_path = "testdata/package.zip"
  kms_key_arn  = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
  environment  = { TABLE_NAME = "predictions" }
}

run "runs_the_zips_handler_and_is_updated_when_the_zip_changes" {
  assert {
    condition     = aws_lambda_function.this.handler == "handler.handler" && aws_lambda_function.this.runtime == "python3.11"
    error_message = "The zip has handler.py at its top, for Python 3.11."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256("testdata/package.zip")
    error_message = "A change of the zip must be seen."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ TABLE_NAME = "predictions" }) && aws_lambda_function.this.kms_key_arn == var.kms_key_arn
    error_message = "The environment must reach the function, encrypted with the customer key."
  }
}

run "logs_to_a_group_of_its_own_that_ends_and_is_encrypted" {
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/score" && aws_lambda_function.this.logging_config[0].log_group == "/aws/lambda/score"
    error_message = "The function must log to the group that Terraform made."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 365 && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "Logs must end one day, and be encrypted."
  }
}

run "may_log_and_nothing_else_by_default" {
  assert {
    condition     = aws_iam_role.this.name == "score-role" && jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.Service == "lambda.amazonaws.com"
    error_message = "Lambda, and nobody else, takes the role, which others find by its name."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[*].Sid == ["Log"] && jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource == "${aws_cloudwatch_log_group.this.arn}:*"
    error_message = "Without permissions the function may write its own log only."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "PassThrough" && aws_lambda_function.this.reserved_concurrent_executions == -1
    error_message = "Tracing and reserved concurrency must be asked for."
  }
}

run "may_do_what_it_is_given_where_the_conditions_hold" {
  variables {
    tracing              = true
    reserved_concurrency = 4
    permissions = [
      {
        sid           = "Encrypt"
        actions       = ["kms:Decrypt"]
        resources     = ["arn:aws:kms:ap-northeast-1:123456789012:key/1"]
        string_equals = { "kms:ViaService" = "s3.ap-northeast-1.amazonaws.com" }
      },
      { sid = "Write", actions = ["dynamodb:PutItem"], resources = ["arn:aws:dynamodb:ap-northeast-1:123456789012:table/t"] },
    ]
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[*].Sid == ["Log", "Trace", "Encrypt", "Write"]
    error_message = "Each permission must be a statement."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[2].Condition == { StringEquals = { "kms:ViaService" = "s3.ap-northeast-1.amazonaws.com" } } && !can(jsondecode(aws_iam_role_policy.this.policy).Statement[3].Condition)
    error_message = "A permission's condition must be its statement's, and nobody else's."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_lambda_function.this.reserved_concurrent_executions == 4
    error_message = "Tracing and concurrency must follow their variables."
  }
}

run "alarms_tell_of_errors_and_throttles" {
  variables {
    alarm_topic_arns = ["arn:aws:sns:ap-northeast-1:123456789012:alarms"]
  }

  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.metric_name } == { errors = "Errors", throttles = "Throttles" }
    error_message = "A function that fails or is not let run must raise an alarm."
  }

  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.dimensions.FunctionName == "score" && length(alarm.alarm_actions) == 1])
    error_message = "Every alarm must watch this function and tell the topic."
  }
}

run "refuses_bad_values" {
  command = plan

  variables {
    name                 = "two words"
    package_path         = "testdata/gone.zip"
    architecture         = "m68k"
    memory_megabytes     = 127
    timeout_seconds      = 901
    reserved_concurrency = 0
    kms_key_arn          = "alias/mine"
    log_retention_days   = 8
  }

  expect_failures = [
    var.name,
    var.package_path,
    var.architecture,
    var.memory_megabytes,
    var.timeout_seconds,
    var.reserved_concurrency,
    var.kms_key_arn,
    var.log_retention_days,
  ]
}

run "refuses_permissions_with_a_star_for_an_action" {
  command = plan

  variables {
    permissions = [{ sid = "All", actions = ["s3:*"], resources = ["arn:aws:s3:::bucket"] }]
  }

  expect_failures = [var.permissions]
}

run "refuses_permissions_on_everything" {
  command = plan

  variables {
    permissions = [{ sid = "All", actions = ["s3:PutObject"], resources = ["*"] }]
  }

  expect_failures = [var.permissions]
}
