"""The AWS resources of a stack, as commands make, change, list and delete them: one file for each kind."""
