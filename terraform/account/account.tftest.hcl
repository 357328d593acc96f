mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/datastreamer-api-logging-role" }
  }
}

run "api_gateway_may_write_the_logs_of_the_accounts_apis" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.api_logging.assume_role_policy).Statement[0].Principal.Service == "apigateway.amazonaws.com"
    error_message = "API Gateway must be able to take the role."
  }

  assert {
    condition     = endswith(aws_iam_role_policy_attachment.api_logging.policy_arn, "/AmazonAPIGatewayPushToCloudWatchLogs") && aws_iam_role_policy_attachment.api_logging.role == "datastreamer-api-logging-role"
    error_message = "The role must be able to write logs, and carry no stage's name."
  }
}
