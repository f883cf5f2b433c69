"""The Dropout page."""
