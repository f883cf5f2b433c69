"""A battery of small sick and healthy runs after real cases, to measure the diagnosis."""
