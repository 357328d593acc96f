data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  bucket_arn_prefix = "arn:${data.aws_partition.current.partition}:s3:::"

  # A path is bucket/prefix: the objects it covers, and the bucket and prefix a listing of it names.
  paths = { for path in concat(var.read_paths, var.write_paths) : path => {
    bucket = split("/", path)[0]
    prefix = trimprefix(path, "${split("/", path)[0]}/")
  } }

  object_arns = { for path, parts in local.paths : path => "${local.bucket_arn_prefix}${parts.bucket}/${parts.prefix}*" }
  buckets     = distinct([for parts in values(local.paths) : parts.bucket])
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the Glue job ${var.name} may do: read its inputs and code, write its outputs, log, count."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "glue.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
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
        Resource = [for path in concat(var.read_paths, var.write_paths) : local.object_arns[path]]
      },
      {
        Sid      = "WriteOutputs"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
        Resource = [for path in var.write_paths : local.object_arns[path]]
      },
      {
        Sid      = "FindBuckets"
        Effect   = "Allow"
        Action   = "s3:GetBucketLocation"
        Resource = [for bucket in local.buckets : "${local.bucket_arn_prefix}${bucket}"]
      },
      {
        Sid      = "ListPaths"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = [for bucket in local.buckets : "${local.bucket_arn_prefix}${bucket}"]
        Condition = {
          # Spark asks for a folder with and without its slash.
          StringLike = { "s3:prefix" = distinct(flatten([for parts in values(local.paths) : [trimsuffix(parts.prefix, "/"), "${parts.prefix}*"]])) }
        }
      },
      {
        Sid      = "DecryptInputsAndEncryptOutputs"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for group in values(aws_cloudwatch_log_group.this) : "${group.arn}:*"]
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
