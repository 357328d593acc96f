# State lies in the bucket that terraform/backend/backend.hcl or DATASTREAMER_STATE_BUCKET names, locked by S3 itself. The
# bucket encrypts it with KMS; `encrypt` without a key would ask for S3's own key and win over that.
terraform {
  backend "s3" {
    key          = "datastreamer/staging/terraform.tfstate"
    region       = "ap-northeast-1"
    use_lockfile = true

    # The account of the local stage: an AWS_ENDPOINT_URL that leads there must not pass for AWS.
    forbidden_account_ids = ["000000000000"]
  }
}
