"""Provisioning: what Terraform needs around it to put a stage or a stack in place, and an API to drive it.

``Provisioner`` plans, applies, destroys and reads a stage, ``StackProvisioner`` a stack; both are a
``TerraformDriver`` in a workspace of their own. The other modules find the provider on disk, write Terraform's
settings, package the code of jobs and functions, and estimate what a pipeline costs.
"""
