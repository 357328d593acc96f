# State lies beside the local stage. `make` gives the same path, or one below DATASTREAMER_DATA_DIR.
terraform {
  backend "local" {
    path = "../../../.local/terraform/local/terraform.tfstate"
  }
}
