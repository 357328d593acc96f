"""The local stage: one process that answers the AWS API on a laptop."""
