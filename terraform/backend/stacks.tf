# The backend.tf of a stack whose state lies in the state bucket; the key is given at init, one for each stack.
terraform {
  backend "s3" {
    region       = "ap-northeast-1"
    use_lockfile = true
  }
}
