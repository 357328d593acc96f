"""A stand-in for AWS Glue's library, for local runs of Glue jobs: the thin shell that a job needs, nothing else.

On Glue the real library is there, and this one is not. What is missing here raises NotImplementedError.
"""
