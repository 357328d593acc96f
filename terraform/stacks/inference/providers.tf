provider "aws" {
  region            = var.region
  s3_use_path_style = var.s3_path_style

  default_tags {
    tags = {
      PROJECT  = "datastreamer"
      STAGE    = var.stage
      PIPELINE = "inference"
      STACK    = var.stack_name
    }
  }
}
