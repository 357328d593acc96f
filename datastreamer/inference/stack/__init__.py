"""A stack as a whole: which there are, their state, what serves their endpoint, what commands made for them."""
