"""The Batch normalization page."""
