"""The Activations page."""
