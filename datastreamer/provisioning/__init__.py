"""Provisioning: what Terraform needs around it to put a stage in place, and a small API to drive it from Python.

``Provisioner`` plans, applies, destroys and reads a stage; the other modules find the provider on disk, write
Terraform's settings, package the Glue job's code and estimate what a stage costs.
"""
