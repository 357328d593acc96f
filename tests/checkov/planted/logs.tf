resource "aws_cloudwatch_log_group" "year" {
  name              = "year"
  retention_in_days = 365
}

resource "aws_cloudwatch_log_group" "by_default" {
  name = "by-default"
}

resource "aws_cloudwatch_log_group" "zero" {
  name              = "zero"
  retention_in_days = 0
}
