"""The proof that what Kinesis acknowledged is in the lake: witnesses, each heard on its own, and what follows."""
