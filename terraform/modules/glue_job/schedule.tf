# EventBridge Scheduler starts the job by itself.

resource "aws_scheduler_schedule" "this" {
  #checkov:skip=CKV_AWS_297:The schedule's payload is the job's name; there is nothing in it to keep secret.
  name                         = var.name
  description                  = "Starts the Glue job ${var.name}."
  schedule_expression          = var.schedule_expression
  schedule_expression_timezone = "UTC"
  state                        = var.schedule_enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${data.aws_partition.current.partition}:scheduler:::aws-sdk:glue:startJobRun"
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ JobName = aws_glue_job.this.name })

    # A start that is refused because a run is still going needs no second try: the next one takes what is left.
    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 0
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}

data "aws_region" "current" {}

resource "aws_iam_role" "schedule" {
  name        = "${var.name}-schedule"
  description = "Lets the schedule ${var.name} start its job."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
        ArnEquals = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:scheduler:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:schedule-group/default"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  name = "start"
  role = aws_iam_role.schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "glue:StartJobRun"
      Resource = aws_glue_job.this.arn
    }]
  })
}
