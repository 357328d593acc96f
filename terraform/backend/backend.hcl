# Where the stages that run on AWS keep their state. Name the bucket here, or in DATASTREAMER_STATE_BUCKET:
# bucket = "your-terraform-state"
region       = "ap-northeast-1"
encrypt      = true
use_lockfile = true
