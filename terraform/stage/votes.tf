variable "votes" {
  description = "Settings of the votes pipeline; null leaves it off."
  type        = any
  default     = null
}

module "votes" {
  source = "../pipelines/votes"
  count  = var.votes == null ? 0 : 1

  providers = {
    aws = aws.votes
  }

  stage    = var.stage
  settings = var.votes
  function_packages = {
    for name in ["votes_aggregate", "votes_cast", "votes_publish", "votes_socket"] :
    name => "${var.packages}/${lookup(local.built, name, "${name}.zip")}"
  }
  site_folder = "${var.packages}/votes-site"
}

locals {
  unknown_votes = setsubtract(try(keys(var.votes), []), try(module.votes[0].setting_names, []))
}

output "votes" {
  description = "Names and addresses of the votes pipeline's resources; null when the pipeline is off."
  value       = one(module.votes)

  precondition {
    condition     = length(local.unknown_votes) == 0
    error_message = "The votes pipeline has no setting ${join(", ", local.unknown_votes)}; terraform/pipelines/votes/variables.tf says what it has."
  }
}
