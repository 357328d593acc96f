# A stage: the pipelines that have settings are on, under the stage's name.

locals {
  # Commands find the stage's own inference stack by this name, as they find any other stack.
  inference_stack = "datastreamer-${var.stage}-inference"

  # A zip's name holds a hash of its content, so that a saved plan uploads what was planned. Before the first `make package`
  # there is no index, and the modules say which file is missing.
  index = "${var.packages}/packages.json"
  built = fileexists(local.index) ? jsondecode(file(local.index)) : {}
  packages = {
    for name in ["temperature_etl", "inference_score", "votes_aggregate", "votes_cast", "votes_socket"] :
    name => "${var.packages}/${lookup(local.built, name, "${name}.zip")}"
  }
}

module "telemetry" {
  source = "../pipelines/telemetry"
  count  = var.telemetry == null ? 0 : 1

  providers = {
    aws = aws.telemetry
  }

  stage       = var.stage
  settings    = var.telemetry
  job_script  = "${path.module}/../../glue_jobs/temperature_etl.py"
  job_package = local.packages.temperature_etl
}

module "inference" {
  source = "../pipelines/inference"
  count  = var.inference == null ? 0 : 1

  providers = {
    aws = aws.inference
  }

  stack_name       = local.inference_stack
  settings         = var.inference
  function_package = local.packages.inference_score
}

module "votes" {
  source = "../pipelines/votes"
  count  = var.votes == null ? 0 : 1

  providers = {
    aws = aws.votes
  }

  stage             = var.stage
  settings          = var.votes
  function_packages = { for name, path in local.packages : name => path if startswith(name, "votes_") }
  site_folder       = "${var.packages}/votes-site"
  edge_url          = var.edge_url
}
