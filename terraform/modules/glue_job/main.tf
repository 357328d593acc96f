# A Spark job on Glue: its script and package in S3, its logs, and the definition that runs them.

locals {
  script_key  = "${var.artifacts_prefix}${var.name}.py"
  package_key = "${var.artifacts_prefix}${trimsuffix(basename(var.package_path), ".zip")}.zip"

  # Glue 5 writes the driver's and executors' output to <prefix>/output and their errors to <prefix>/error.
  log_group_prefix = "/aws-glue/jobs/${var.name}"
}

resource "aws_s3_object" "script" {
  bucket      = var.artifacts_bucket
  key         = local.script_key
  source      = var.script_path
  source_hash = filesha256(var.script_path)
}

resource "aws_s3_object" "package" {
  bucket      = var.artifacts_bucket
  key         = local.package_key
  source      = var.package_path
  source_hash = filesha256(var.package_path)

  lifecycle {
    # The job must not, even for a moment, point at a package that is gone.
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  for_each = toset(["output", "error"])

  name              = "${local.log_group_prefix}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_glue_job" "this" {
  #checkov:skip=CKV_AWS_195:A security configuration would move the logs into groups named after the role; the bucket's default encryption and the log groups' key encrypt the same data with the same customer key.
  name              = var.name
  description       = var.description
  role_arn          = aws_iam_role.this.arn
  glue_version      = var.glue_version
  worker_type       = var.worker_type
  number_of_workers = var.number_of_workers
  timeout           = var.timeout_minutes
  max_retries       = var.max_retries
  execution_class   = "STANDARD"

  command {
    name            = "glueetl"
    python_version  = "3"
    script_location = "s3://${var.artifacts_bucket}/${aws_s3_object.script.key}"
  }

  execution_property {
    max_concurrent_runs = var.max_concurrent_runs
  }

  default_arguments = merge(
    {
      "--job-language"                     = "python"
      "--job-bookmark-option"              = "job-bookmark-disable"
      "--enable-metrics"                   = "true"
      "--enable-observability-metrics"     = "true"
      "--enable-continuous-cloudwatch-log" = "true"
      "--custom-logGroup-prefix"           = local.log_group_prefix
      "--extra-py-files"                   = "s3://${var.artifacts_bucket}/${aws_s3_object.package.key}"
    },
    var.arguments,
  )

  # The first run must find its permissions.
  depends_on = [aws_iam_role_policy.this, aws_cloudwatch_log_group.this]
}
