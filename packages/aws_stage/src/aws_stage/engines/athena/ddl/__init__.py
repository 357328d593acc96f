"""What DDL and SHOW do to the catalogue: each function takes the statement and gives the lines of its answer."""
