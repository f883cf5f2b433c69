"""Texts to data sets: corpora and bags of words."""
