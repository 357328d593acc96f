# State lies beside that of the stages, in the bucket that terraform/backend/backend.hcl or DATASTREAMER_STATE_BUCKET names.
terraform {
  backend "s3" {
    key          = "datastreamer/account/terraform.tfstate"
    region       = "ap-northeast-1"
    use_lockfile = true

    # The account of the local stage: an AWS_ENDPOINT_URL that leads there must not pass for AWS.
    forbidden_account_ids = ["000000000000"]
  }
}
