data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  bucket_arn_prefix = "arn:${data.aws_partition.current.partition}:s3:::"

  paths   = concat(var.read_paths, var.write_paths)
  buckets = distinct([for path in local.paths : split("/", path)[0]])

  written_buckets = distinct([for path in var.write_paths : split("/", path)[0]])

  # EMRFS, Glue's file system before 5.1, marks each folder that it makes with an empty object beside it.
  folders = distinct(flatten([
    for path in var.write_paths : [
      for depth in range(2, length(split("/", path))) : join("/", slice(split("/", path), 0, depth))
    ]
  ]))
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the Glue job ${var.name} may do: read its inputs and code, write its outputs, log, count."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "glue.amazonaws.com" }
      # Glue is not known to name its source when it assumes a role: a condition could shut it out. A role cannot be passed
      # to Glue from another account in any case.
      Action = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "run"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ReadCode"
        Effect = "Allow"
        Action = "s3:GetObject"
        Resource = [
          "${local.bucket_arn_prefix}${var.artifacts_bucket}/${local.script_key}",
          "${local.bucket_arn_prefix}${var.artifacts_bucket}/${var.artifacts_prefix}*.zip",
        ]
      },
      {
        Sid      = "ReadInputs"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for path in local.paths : "${local.bucket_arn_prefix}${path}*"]
      },
      {
        Sid    = "WriteOutputs"
        Effect = "Allow"
        Action = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = concat(
          [for path in var.write_paths : "${local.bucket_arn_prefix}${path}*"],
          [for folder in local.folders : "${local.bucket_arn_prefix}${folder}_$folder$"],
        )
      },
      {
        # Not narrowed to prefixes: S3 then answers 403, not 404, when the job asks for an object that is not there yet.
        Sid      = "ListBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = [for bucket in local.buckets : "${local.bucket_arn_prefix}${bucket}"]
      },
      {
        # S3A, Glue's file system since 5.1, writes in parts and clears away what a failed task left of them.
        Sid      = "ListUnfinishedUploads"
        Effect   = "Allow"
        Action   = "s3:ListBucketMultipartUploads"
        Resource = [for bucket in local.written_buckets : "${local.bucket_arn_prefix}${bucket}"]
      },
      {
        Sid      = "DecryptInputsAndEncryptOutputs"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
      {
        Sid    = "Log"
        Effect = "Allow"
        # Glue asks for its groups to be made even when they are there.
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = flatten([for group in values(aws_cloudwatch_log_group.this) : [group.arn, "${group.arn}:*"]])
      },
      {
        Sid       = "Count"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = concat(["Glue"], var.metric_namespaces) } }
      },
    ]
  })
}
