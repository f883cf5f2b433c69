"""What the Classification page shows of images."""
