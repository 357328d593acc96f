terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"

      # One for each pipeline, so that each resource carries the pipeline that it belongs to.
      configuration_aliases = [aws.telemetry, aws.inference, aws.votes, aws.taxi]
    }
  }
}
