"""The clinic: sick networks to examine, to guess at, and to heal."""
