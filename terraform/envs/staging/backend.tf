# State lies in S3; backend/backend.hcl names the bucket, and the key is given at init.
terraform {
  backend "s3" {}
}
