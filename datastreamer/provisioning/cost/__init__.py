"""What a pipeline costs a month on AWS: an estimate from Terraform's values, a workload and published prices."""
