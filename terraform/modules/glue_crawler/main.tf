# A crawler over tables that exist: it registers new partitions and new columns, and never makes a table of its own.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  arn_prefix         = "arn:${data.aws_partition.current.partition}:glue:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"
  bucket_arn_prefix  = "arn:${data.aws_partition.current.partition}:s3:::"
  crawlers_log_group = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:log-group:/aws-glue/crawlers"
}

resource "aws_glue_crawler" "this" {
  #checkov:skip=CKV_AWS_195:A security configuration would only encrypt the crawler's log lines, which hold no data; what it reads is encrypted by the bucket.
  name          = var.name
  description   = var.description
  database_name = var.database_name
  role          = aws_iam_role.this.arn
  schedule      = var.schedule

  catalog_target {
    database_name = var.database_name
    tables        = var.tables
  }

  configuration = jsonencode({
    Version = 1.0
    CrawlerOutput = {
      Partitions = { AddOrUpdateBehavior = "InheritFromTable" }
      Tables     = { AddOrUpdateBehavior = "MergeNewColumns" }
    }
    # Without it Glue makes a table for every folder whose schema differs, even from a catalogue target.
    Grouping = { TableGroupingPolicy = "CombineCompatibleSchemas" }
    # Glue's own default is true, but Athena computes the partitions, and others list a day by its name.
    CreatePartitionIndex = false
  })

  schema_change_policy {
    # Glue accepts no other delete behaviour for a catalogue target.
    delete_behavior = "LOG"
    update_behavior = "UPDATE_IN_DATABASE"
  }

  recrawl_policy {
    recrawl_behavior = "CRAWL_EVERYTHING"
  }

  lineage_configuration {
    crawler_lineage_settings = "DISABLE"
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_iam_role" "this" {
  name        = var.name
  description = "What the crawler ${var.name} may do: read its tables' files, register partitions and columns, log."

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
  name = "crawl"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadFiles"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = [for path in var.read_paths : "${local.bucket_arn_prefix}${path}*"]
      },
      {
        Sid      = "ListBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket"]
        Resource = distinct([for path in var.read_paths : "${local.bucket_arn_prefix}${split("/", path)[0]}"])
      },
      {
        Sid      = "DecryptFiles"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = var.kms_key_arn
      },
      {
        Sid    = "RegisterPartitionsAndColumns"
        Effect = "Allow"
        Action = [
          "glue:BatchCreatePartition",
          "glue:BatchGetPartition",
          "glue:BatchUpdatePartition",
          "glue:CreatePartition",
          "glue:GetDatabase",
          "glue:GetPartition",
          "glue:GetPartitions",
          "glue:GetTable",
          "glue:GetTables",
          "glue:UpdatePartition",
          "glue:UpdateTable",
        ]
        Resource = concat(
          ["${local.arn_prefix}:catalog", "${local.arn_prefix}:database/${var.database_name}"],
          [for table in var.tables : "${local.arn_prefix}:table/${var.database_name}/${table}"],
        )
      },
      {
        # All crawlers of an account write to this one group, which AWS makes; it cannot be chosen.
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [local.crawlers_log_group, "${local.crawlers_log_group}:*"]
      },
    ]
  })
}
