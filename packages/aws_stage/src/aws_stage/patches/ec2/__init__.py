"""EC2's networks: what Terraform's modules of a VPC set is described again, so that a second plan is clean."""
