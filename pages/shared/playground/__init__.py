"""The Playground tab of the Classification page."""
