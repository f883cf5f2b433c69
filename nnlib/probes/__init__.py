"""Questions to a trained network: what it looks at, and what its units and inputs do."""
