"""What Terraform uploads: the zips of the Glue job and of the functions, and the votes pipeline's site."""
