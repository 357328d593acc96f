"""The lake as a query sees it: catalogue, partitions, S3 objects and the file formats in them."""
