"""Training jobs: a process each, from the channels in S3 to the artifact in S3."""
