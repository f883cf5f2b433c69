"""Runs that were trained elsewhere, by their logs."""
