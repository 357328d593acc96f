# Every connection that is let through or refused, in a bucket (cheaper, and a table for Athena) or in a log group.

locals {
  logs_to_bucket = var.flow_logs == "s3"
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  max_aggregation_interval = 600
  log_destination_type     = local.logs_to_bucket ? "s3" : "cloud-watch-logs"
  log_destination          = local.logs_to_bucket ? var.flow_log_bucket_arn : aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn             = local.logs_to_bucket ? null : aws_iam_role.flow[0].arn

  dynamic "destination_options" {
    for_each = local.logs_to_bucket ? [true] : []

    content {
      file_format                = "parquet"
      hive_compatible_partitions = true
      per_hour_partition         = false
    }
  }

  tags = { Name = var.name }

  depends_on = [aws_iam_role_policy.flow]
}

resource "aws_cloudwatch_log_group" "flow" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  count = local.logs_to_bucket ? 0 : 1

  name              = "/aws/vpc/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "flow" {
  count = local.logs_to_bucket ? 0 : 1

  name        = "${var.name}-flow-logs-role"
  description = "What the flow logs of ${var.name} may do: write to their log group."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "flow" {
  count = local.logs_to_bucket ? 0 : 1

  name = "log"
  role = aws_iam_role.flow[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Log"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = [aws_cloudwatch_log_group.flow[0].arn, "${aws_cloudwatch_log_group.flow[0].arn}:*"]
    }]
  })
}
