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
