"""The Batch size page: the noise of gradients, steps against examples, and advice."""
