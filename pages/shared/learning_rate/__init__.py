"""The Learning rate page."""
