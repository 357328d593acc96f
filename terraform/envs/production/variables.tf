variable "stage" {
  description = "Name of the stage, which every resource's name carries. It can be given, and must be this one: the state is this stage's."
  type        = string
  nullable    = false
  default     = "prod"

  validation {
    condition     = var.stage == "prod"
    error_message = "This folder holds stage prod, not ${var.stage}: work in the other stage's folder, or unset TF_VAR_stage."
  }
}

variable "packages" {
  description = "Folder that `make package` builds into."
  type        = string
  nullable    = false
  default     = "../../../.local/build"
}

variable "extra_pipelines" {
  description = "Pipelines that are on besides those that always are."
  type        = set(string)
  nullable    = false
  default     = []

  validation {
    condition     = length(setsubtract(var.extra_pipelines, local.pipelines)) == 0
    error_message = "extra_pipelines must be among: ${join(", ", local.pipelines)}."
  }
}

variable "alarm_emails" {
  description = "E-mail addresses that get the alarms of every pipeline, once they have confirmed."
  type        = set(string)
  nullable    = false
  default     = []

  # Nobody looks at production all day: an alarm that reaches no one is none.
  validation {
    condition     = length(var.alarm_emails) > 0
    error_message = "Stage prod needs an address for alarms. Write alarm_emails = [\"<address>\"] into terraform/envs/production/alarms.auto.tfvars."
  }
}
