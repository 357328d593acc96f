# What an analyst needs, to be attached to a person's role: this workgroup, these tables, nothing else.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition         = data.aws_partition.current.partition
  glue_arn_prefix   = "arn:${local.partition}:glue:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  bucket_arn_prefix = "arn:${local.partition}:s3:::"
  results_bucket    = "${local.bucket_arn_prefix}${var.results_bucket}"
}

resource "aws_iam_policy" "analyst" {
  name        = "${var.name}-analyst"
  description = "Query the tables of ${var.database_name} in the workgroup ${var.name}."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Query"
        Effect = "Allow"
        Action = [
          "athena:BatchGetNamedQuery",
          "athena:BatchGetQueryExecution",
          "athena:GetNamedQuery",
          "athena:GetQueryExecution",
          "athena:GetQueryResults",
          "athena:GetWorkGroup",
          "athena:ListNamedQueries",
          "athena:ListQueryExecutions",
          "athena:StartQueryExecution",
          "athena:StopQueryExecution",
        ]
        Resource = aws_athena_workgroup.this.arn
      },
      {
        Sid    = "ReadCatalogue"
        Effect = "Allow"
        Action = ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
        Resource = concat(
          ["${local.glue_arn_prefix}:catalog", "${local.glue_arn_prefix}:database/${var.database_name}"],
          [for table in var.tables : "${local.glue_arn_prefix}:table/${var.database_name}/${table}"],
        )
      },
      {
        # Athena looks for the database `default`, and makes it where there is none, whatever the query reads.
        Sid      = "FindDefaultDatabase"
        Effect   = "Allow"
        Action   = ["glue:CreateDatabase", "glue:GetDatabase"]
        Resource = ["${local.glue_arn_prefix}:catalog", "${local.glue_arn_prefix}:database/default"]
      },
      {
        Sid      = "ReadFiles"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for path in var.read_paths : "${local.bucket_arn_prefix}${path}*"]
      },
      {
        Sid      = "ListFiles"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = concat([local.results_bucket], distinct([for path in var.read_paths : "${local.bucket_arn_prefix}${split("/", path)[0]}"]))
      },
      {
        Sid      = "ListUnfinishedResults"
        Effect   = "Allow"
        Action   = "s3:ListBucketMultipartUploads"
        Resource = local.results_bucket
      },
      {
        Sid      = "KeepResults"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = "${local.results_bucket}/${var.results_prefix}*"
      },
      {
        Sid      = "DecryptFilesAndEncryptResults"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
    ]
  })
}
