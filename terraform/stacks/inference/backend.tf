# State lies in a file of this stack alone; its path is given at init. With a state bucket this file is replaced by one that
# says "s3".
terraform {
  backend "local" {}
}
