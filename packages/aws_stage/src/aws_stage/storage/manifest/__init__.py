"""What must be in the state folder: which files, how much of each was acknowledged, and what is in them.

``Manifest`` is the one judge of whether state is whole, whatever its format. ADR 222 says how it works.
"""
