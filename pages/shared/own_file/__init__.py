"""A person's own file: how it is read and what becomes of its columns."""
