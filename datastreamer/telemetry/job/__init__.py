"""What the Glue job does with raw objects, step by step, and the protocol by which its runs commit."""
