locals {
  log_types = {
    application = "ES_APPLICATION_LOGS"
    audit       = "AUDIT_LOGS"
    index-slow  = "INDEX_SLOW_LOGS"
    search-slow = "SEARCH_SLOW_LOGS"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  for_each = local.log_types

  name              = "/aws/opensearch/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# OpenSearch Service Developer Guide, "Monitoring logs": it writes as itself, for this account and this domain alone.
resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "${var.name}-opensearch"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OpenSearchWritesTheLogsOfThisDomain"
        Effect    = "Allow"
        Principal = { Service = "es.amazonaws.com" }
        Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource  = [for group in aws_cloudwatch_log_group.this : "${group.arn}:*"]
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account_id }
          ArnLike      = { "aws:SourceArn" = local.domain_arn }
        }
      },
    ]
  })
}
