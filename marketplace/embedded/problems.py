"""What goes wrong with servers in a way that a person can put right."""


class ServerProblem(Exception):
    """Something a person must put right. Its text says what is so and what to do."""
