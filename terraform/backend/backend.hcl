# The bucket that keeps the Terraform state of every stage on AWS. Name it here, or in DATASTREAMER_STATE_BUCKET:
# bucket = "your-terraform-state"
