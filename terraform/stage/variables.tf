variable "stage" {
  description = "Name of the stage, which every resource's name carries."
  type        = string
  nullable    = false
}

variable "packages" {
  description = "Folder that `make package` builds into: zips, the votes pipeline's site, and packages.json, which names them."
  type        = string
  nullable    = false
}

variable "edge_url" {
  description = "One address at which APIs, WebSockets and sites are all served, where there is no CloudFront; empty on AWS."
  type        = string
  nullable    = false
  default     = ""
}

# What a pipeline can be told stands in terraform/pipelines/<pipeline>/variables.tf alone: any object passes here, and outputs.tf
# refuses a name that the pipeline does not have, which Terraform would drop without a word.

variable "telemetry" {
  description = "Settings of the telemetry pipeline; null leaves it off."
  type        = any
  default     = null
}

variable "inference" {
  description = "Settings of the stage's own inference pipeline; null leaves it off."
  type        = any
  default     = null
}

variable "votes" {
  description = "Settings of the votes pipeline; null leaves it off."
  type        = any
  default     = null
}
