# Of this stage alone: the others may go without.

mock_provider "aws" {
  alias  = "telemetry"
  source = "../../stage/mocks"
}

mock_provider "aws" {
  alias  = "inference"
  source = "../../stage/mocks"
}

mock_provider "aws" {
  alias  = "votes"
  source = "../../stage/mocks"
}

mock_provider "aws" {
  alias  = "taxi"
  source = "../../stage/mocks"
}

variables {
  packages = "../../stage/testdata"
}

run "refuses_to_go_without_an_address_for_alarms" {
  command = plan

  expect_failures = [var.alarm_emails]
}
