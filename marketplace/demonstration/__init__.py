"""Loading the demo consortium of `fixtures` into an empty marketplace."""
