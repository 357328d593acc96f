"""Running Terraform: where a root lies, which provider and settings it gets, and what it reports while it runs."""
