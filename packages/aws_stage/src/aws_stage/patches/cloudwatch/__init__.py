"""CloudWatch: datapoints on disk, metrics by all their dimensions, alarms shown whole."""
