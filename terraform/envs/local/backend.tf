# State lies beside the local stage; its path is given at init, so that several stages can live on one machine.
terraform {
  backend "local" {}
}
