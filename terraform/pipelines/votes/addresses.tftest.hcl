# An endpoint of AWS's API that is not Amazon's serves its APIs and sites under names of its own.

mock_provider "aws" {
  source = "./mocks"

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      id            = "socket1"
      api_endpoint  = "ws://socket1.execute-api.localhost:4566"
      execution_arn = "arn:aws:execute-api:ap-northeast-1:123456789012:socket1"
    }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d1.cloudfront.localhost:4566" }
  }
}

variables {
  stage       = "prod"
  site_folder = "../../modules/static_site/testdata/site"
  function_packages = {
    votes_aggregate = "../../modules/lambda_function/testdata/package.zip"
    votes_cast      = "../../modules/lambda_function/testdata/package.zip"
    votes_publish   = "../../modules/lambda_function/testdata/package.zip"
    votes_socket    = "../../modules/lambda_function/testdata/package.zip"
  }
}

run "the_addresses_are_those_that_the_services_answer" {
  assert {
    condition     = output.site_url == "http://d1.cloudfront.localhost:4566" && output.api_url == "http://rest1.execute-api.localhost:4566/live" && output.socket_url == "ws://socket1.execute-api.localhost:4566/live"
    error_message = "Host, port and scheme must be those of the answers, wherever the endpoint is."
  }

  assert {
    condition     = module.cast.environment.ALLOWED_ORIGIN == "http://d1.cloudfront.localhost:4566" && module.publish.environment.WEBSOCKET_ENDPOINT == "http://socket1.execute-api.localhost:4566/live"
    error_message = "The functions must use the same addresses."
  }

  assert {
    condition     = endswith(module.site.content_security_policy, "connect-src 'self' http://rest1.execute-api.localhost:4566 ws://socket1.execute-api.localhost:4566")
    error_message = "The page may speak to its two APIs where they are."
  }
}
