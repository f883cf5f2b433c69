"""What the Classification page has of its own beside tables, images and the playground."""
