"""The Luck page: what becomes of one experiment from many seeds."""
