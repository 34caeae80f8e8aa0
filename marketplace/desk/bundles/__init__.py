"""Everything of some days in one signed file, and the program with which anybody checks it."""
