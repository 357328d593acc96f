# A stack: one inference pipeline of its own, under the name that a user gave it.

locals {
  # A stack goes with one command, which names all that it will delete and asks; nothing must be left over.
  defaults = {
    force_destroy       = true
    deletion_protection = false
  }

  # Before the first `make package` there is no index, and the module says which file is missing.
  index = "${var.packages}/packages.json"
  built = fileexists(local.index) ? jsondecode(file(local.index)) : {}
}

module "inference" {
  source = "../../pipelines/inference"

  stack_name       = var.stack_name
  function_package = "${var.packages}/${lookup(local.built, "inference_score", "inference_score.zip")}"
  settings         = merge(local.defaults, { for name, value in var.settings : name => value if value != null })
}
