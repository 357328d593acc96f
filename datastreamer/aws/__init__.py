"""What every pipeline needs of AWS: errors by kind, waiting, places in S3. Nothing here knows a pipeline."""
