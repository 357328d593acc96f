mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_resource "aws_neptune_cluster" {
    defaults = {
      endpoint        = "http://graphs.example/insight.cluster-abc"
      reader_endpoint = "http://graphs.example/insight.cluster-ro-abc"
    }
  }

  mock_resource "aws_security_group" {
    defaults = { id = "sg-neptune" }
  }
}

variables {
  name                      = "insight"
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-1", "subnet-2"]
  availability_zones        = ["ap-northeast-1a", "ap-northeast-1c"]
  client_security_group_ids = ["sg-clients"]
  kms_key_arn               = "arn:aws:kms:ap-northeast-1:123456789012:key/1"
}

run "an_endpoint_with_a_scheme_is_an_address_already" {
  assert {
    condition     = output.endpoint_url == "http://graphs.example/insight.cluster-abc" && output.reader_endpoint_url == "http://graphs.example/insight.cluster-ro-abc"
    error_message = "Only a name needs https:// and the port."
  }
}
