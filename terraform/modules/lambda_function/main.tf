# A Python function on Lambda: its role, its log group, and its code from a zip.

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:X-Ray follows requests, and a batch of records is none; tracing switches it on where it is wanted.
  #checkov:skip=CKV_AWS_115:Reserved concurrency takes from the account's share; reserved_concurrency sets it where that is wanted. Shards times parallelization bound a stream's consumer already.
  #checkov:skip=CKV_AWS_116:A dead letter queue serves asynchronous invocations; an event source mapping has a destination of its own.
  #checkov:skip=CKV_AWS_117:The function speaks to AWS APIs only, over TLS; a VPC would add endpoints to pay for and nothing to reach.
  #checkov:skip=CKV_AWS_272:The zip is built from this repository by whoever applies; a signing profile would sign whatever that machine built.
  function_name                  = var.name
  description                    = var.description
  role                           = aws_iam_role.this.arn
  runtime                        = "python3.11"
  architectures                  = [var.architecture]
  handler                        = "handler.handler"
  filename                       = var.package_path
  source_code_hash               = filebase64sha256(var.package_path)
  memory_size                    = var.memory_megabytes
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn

  environment {
    variables = var.environment
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  # The first invocation must find its permissions.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
