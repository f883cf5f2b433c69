"""What one page computes: walkthroughs, races and comparisons on top of the engine."""
