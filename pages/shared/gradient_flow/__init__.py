"""The Vanishing gradients page."""
