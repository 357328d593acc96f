# A stage: the pipelines that have settings are on, under the stage's name. Each has a file of its own beside this one.
#
# What a pipeline can be told stands in terraform/pipelines/<pipeline>/variables.tf alone: any object passes here, and the
# pipeline's output refuses a name that it does not have, which Terraform would drop without a word.

locals {
  # A zip's name holds a hash of its content, so that a saved plan uploads what was planned. Before the first `make package`
  # there is no index, and the modules say which file is missing.
  index = "${var.packages}/packages.json"
  built = fileexists(local.index) ? jsondecode(file(local.index)) : {}
}
