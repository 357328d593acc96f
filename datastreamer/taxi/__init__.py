"""The taxi pipeline: the trips of New York's yellow taxis, their history in bronze and silver."""
