"""The Text sentiment page."""
