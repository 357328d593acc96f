"""The stage's side of the queries: whose turn it is, how long one may take, and the process that runs them."""
