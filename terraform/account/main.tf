# What an AWS account has once, whatever stages are in it: `make account`, after `make state-bucket`.

provider "aws" {
  region                = local.region
  forbidden_account_ids = ["000000000000"]

  default_tags {
    tags = { PROJECT = "datastreamer", STAGE = "none" }
  }
}

data "aws_partition" "current" {}

locals {
  # Of the stages: each region of an account has a setting of its own.
  region = "ap-northeast-1"
}

# API Gateway writes the logs of all APIs of an account and region by one role. Without it AWS refuses every stage of an API
# that logs: "CloudWatch Logs role ARN must be set in account settings to enable logging".
resource "aws_api_gateway_account" "this" {
  cloudwatch_role_arn = aws_iam_role.api_logging.arn

  # API Gateway tries the role when it is set.
  depends_on = [aws_iam_role_policy_attachment.api_logging]
}

resource "aws_iam_role" "api_logging" {
  name        = "datastreamer-api-logging-role"
  description = "Lets API Gateway write the logs of this account's APIs."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })

  lifecycle {
    # A destroyed role stays named in the account's setting: every API would stop to log, without a word.
    prevent_destroy = true
  }
}

resource "aws_iam_role_policy_attachment" "api_logging" {
  #checkov:skip=CKV2_DATASTREAMER_4:API Gateway's guide names this policy for the one role by which it logs, in groups that it names itself.
  role       = aws_iam_role.api_logging.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

output "api_logging_role_arn" {
  description = "Role by which API Gateway writes logs in this account and region."
  value       = aws_api_gateway_account.this.cloudwatch_role_arn
}
