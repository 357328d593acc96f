"""The command line: `datastreamer <pipeline> <command>`."""
