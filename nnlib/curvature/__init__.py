"""The curvature of the loss: exact products of its Hessian with vectors, and what they tell.

No matrix is ever made: a product costs little more than a gradient (Pearlmutter 1994), the
eigenvalues at the ends of the spectrum come from some two to fifty products (Lanczos 1950), and the
trace from a few (Hutchinson 1990). `CurvatureFollower` follows them through a run.
"""

from nnlib.curvature.follower import CurvatureFollower, CurvatureRecord
from nnlib.curvature.information import Takeuchi, gauss_newton_diagonal, takeuchi
from nnlib.curvature.lanczos import Spectrum, lanczos
from nnlib.curvature.limits import preconditioner, stability_limit
from nnlib.curvature.meter import Meter, Quantities
from nnlib.curvature.products import Curvature, gauss_newton_vector, hessian_vector
from nnlib.curvature.spectra import eigenvalues, hessian_eigenvalues
from nnlib.curvature.stride import Stride, step_position
from nnlib.curvature.traces import Trace, hutchinson, layer_places, signs

__all__ = [
    "Curvature",
    "CurvatureFollower",
    "CurvatureRecord",
    "Meter",
    "Quantities",
    "Spectrum",
    "Stride",
    "Takeuchi",
    "Trace",
    "eigenvalues",
    "gauss_newton_diagonal",
    "gauss_newton_vector",
    "hessian_eigenvalues",
    "hessian_vector",
    "hutchinson",
    "lanczos",
    "layer_places",
    "preconditioner",
    "signs",
    "stability_limit",
    "step_position",
    "takeuchi",
]
