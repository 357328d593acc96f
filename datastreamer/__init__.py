"""What Datastreamer's functions, jobs and command line share."""
