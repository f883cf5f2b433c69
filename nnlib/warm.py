"""Make the compiled engine ready: ``python -m nnlib.warm``, for an image or a build step.

Those who train in float64 name it as well: ``python -m nnlib.warm float64``.
"""

import os
import sys
from collections.abc import Sequence

from nnlib.compiled import warm


def main(others: Sequence[str] = ()) -> int:
    """Compile the kernels with low priority; return 0 if those for float32 are ready.

    Parameters
    ----------
    others : names of further types of numbers that the kernels are to be made for
    """
    if hasattr(os, "nice"):
        os.nice(10)
    if not warm.has_numba():
        print("Numba is not installed; every run goes by NumPy.")
        return 1
    ready = warm.fill()
    for dtype in others:
        warm.engine_class(dtype)
    print(f"The compiled engine is {'ready' if ready else 'not usable'}: {warm.folder()}")
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
