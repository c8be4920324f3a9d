"""The three production processes on the servers an operator gives them."""
