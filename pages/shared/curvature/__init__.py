"""What the Curvature page is made of."""
