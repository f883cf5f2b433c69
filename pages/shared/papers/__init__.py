"""Papers: cards of published results to rerun."""
