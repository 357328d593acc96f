"""What stands for a container: a process with a folder, an environment and logs, that does not outlive the stage."""
