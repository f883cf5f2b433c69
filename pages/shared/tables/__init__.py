"""What the Classification page shows of tables."""
