resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:Logs are kept for a year unless a root says otherwise, as the local stage does.
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# API Gateway writes logs by one role for the whole account and region: only one root may say which.
resource "aws_api_gateway_account" "this" {
  count = var.account_logging ? 1 : 0

  cloudwatch_role_arn = one(aws_iam_role.logging[*].arn)
}

resource "aws_iam_role" "logging" {
  count = var.account_logging ? 1 : 0

  name        = "${var.name}-logging-role"
  description = "Lets API Gateway write the logs of this account's APIs."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "logging" {
  count = var.account_logging ? 1 : 0

  role       = one(aws_iam_role.logging[*].name)
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

