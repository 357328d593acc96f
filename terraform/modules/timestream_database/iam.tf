locals {
  table_arns = [for table in values(aws_timestreamwrite_table.this) : table.arn]

  # Each call of a client begins with it, and it has no resource (Timestream Developer Guide, "How Amazon Timestream for
  # LiveAnalytics works with IAM").
  find_endpoint = {
    Sid      = "FindEndpoint"
    Effect   = "Allow"
    Action   = "timestream:DescribeEndpoints"
    Resource = "*"
  }

  # The key's own policy lets principals of the account use it; Timestream does so for whoever calls it.
  use_key = {
    Sid       = "UseKey"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:DescribeKey"]
    Resource  = var.kms_key_arn
    Condition = { StringEquals = { "kms:ViaService" = "timestream.${data.aws_region.current.name}.amazonaws.com" } }
  }

  late_records = anytrue([for table in values(var.tables) : table.late_records])
}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_iam_policy" "writer" {
  name        = "${var.name}-timestream-writer"
  description = "Write records to the tables of the Timestream database ${var.name}."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        local.find_endpoint,
        {
          Sid      = "WriteRecords"
          Effect   = "Allow"
          Action   = "timestream:WriteRecords"
          Resource = local.table_arns
        },
        local.use_key,
      ],
      [
        for statement in [
          {
            # AWS's pages do not say by whose permission the reports are written: the writer has it, for these objects alone.
            Sid      = "ReportRejectedRecords"
            Effect   = "Allow"
            Action   = "s3:PutObject"
            Resource = "arn:${data.aws_partition.current.partition}:s3:::${var.rejected_bucket}/${var.rejected_prefix}*"
          },
          {
            Sid       = "EncryptReports"
            Effect    = "Allow"
            Action    = "kms:GenerateDataKey"
            Resource  = var.kms_key_arn
            Condition = { StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.name}.amazonaws.com" } }
          },
        ] : statement if local.late_records
      ],
    )
  })
}

resource "aws_iam_policy" "reader" {
  name        = "${var.name}-timestream-reader"
  description = "Query the tables of the Timestream database ${var.name}."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.find_endpoint,
      {
        Sid      = "Query"
        Effect   = "Allow"
        Action   = ["timestream:DescribeTable", "timestream:ListMeasures", "timestream:Select"]
        Resource = local.table_arns
      },
      {
        # A query under way is no resource.
        Sid      = "CancelQuery"
        Effect   = "Allow"
        Action   = "timestream:CancelQuery"
        Resource = "*"
      },
      local.use_key,
    ]
  })
}
