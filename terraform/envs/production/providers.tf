# One provider for each pipeline, so that each resource carries the pipeline that it belongs to.

provider "aws" {
  alias             = "telemetry"
  region            = var.region
  s3_use_path_style = var.s3_path_style

  default_tags {
    tags = {
      PROJECT  = "datastreamer"
      STAGE    = var.stage
      PIPELINE = "telemetry"
    }
  }
}

provider "aws" {
  alias             = "inference"
  region            = var.region
  s3_use_path_style = var.s3_path_style

  default_tags {
    tags = {
      PROJECT  = "datastreamer"
      STAGE    = var.stage
      PIPELINE = "inference"
      STACK    = local.inference_stack
    }
  }
}

provider "aws" {
  alias             = "votes"
  region            = var.region
  s3_use_path_style = var.s3_path_style

  default_tags {
    tags = {
      PROJECT  = "datastreamer"
      STAGE    = var.stage
      PIPELINE = "votes"
    }
  }
}
