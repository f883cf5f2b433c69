"""The Loss landscape page: its controls, its views and their charts."""
