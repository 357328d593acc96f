"""AWS on a laptop for data pipelines: one process that answers the AWS API, without Docker or an account."""
