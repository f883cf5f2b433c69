"""How fast nnlib is beside other libraries and beside the processor: ``python -m benchmarks``."""
