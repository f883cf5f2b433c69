"""The Regularization page."""
