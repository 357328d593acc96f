"""``datastreamer inference``: the commands of processors."""
