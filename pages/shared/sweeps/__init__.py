"""Sweeps: many runs over ranges of settings, and which of these matter."""
