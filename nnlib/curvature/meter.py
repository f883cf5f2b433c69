"""One measurement of a run's curvature: what is measured of a point, warm-started from the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nnlib.curvature.information import takeuchi
from nnlib.curvature.lanczos import Spectrum
from nnlib.curvature.limits import preconditioner, stability_limit
from nnlib.curvature.products import Curvature
from nnlib.curvature.spectra import eigenvalues
from nnlib.curvature.traces import hutchinson, layer_places, signs
from nnlib.layers import BatchNorm
from nnlib.training import Trainer

MOST_EIGENVALUES = 5
TOLERANCE = 0.01
"""Residual of an eigenvector during a run, as a share of the largest eigenvalue: the eigenvalue
itself is off by about the square of that, over the distance to the next one (Parlett 1998, §11.7).
"""
LEAST = 3
"""Products of a warm start: with two, an eigenvalue that overtakes the largest is seen late; with
three the sharpness of a run of 2-16-16-1 at the edge of stability was at most 0.2 % off.
"""
_MOST_PRODUCTS = 40
Measured = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Quantities:
    """What is measured.

    Attributes
    ----------
    eigenvalues : how many of the largest ones of the Hessian, 1 to 5; the first is the sharpness
    gauss_newton : whether the largest one of the Gauss-Newton part is
    layers : whether the largest one of each layer's block is
    probes : how many products the trace is estimated from, 0 for none
    information : whether Takeuchi's criterion is, of a network without batch normalization
    alpha : whether it is found where steps end in their parabola, by `CurvatureFollower`
    """

    eigenvalues: int = 1
    gauss_newton: bool = False
    layers: bool = False
    probes: int = 0
    information: bool = False
    alpha: bool = False


class Meter:
    """Measures the curvature of the loss that a run minimizes, again and again.

    It is taken on the examples on which the run's training loss is recorded: the training split, or
    a sample of 1,000 examples of a larger one. Penalties on the weights count, as they do in the
    gradient (L1 has no curvature but at 0); batch normalization goes by the statistics of these
    examples, and dropout by the mask that the next step draws.

    Attributes
    ----------
    products : with the Hessian or its Gauss-Newton part, that the last measurement took; a pass
        backward for its diagonal counts as one
    """

    def __init__(self) -> None:
        self.products = 0
        self._before: dict[str, Spectrum] = {}

    def measure(self, trainer: Trainer, quantities: Quantities) -> Measured:
        """Return numbers by name; nothing changes in the run.

        `eigenvalues` has a place for each of the most there can be, and `sharpness` is the first.
        `limit` is the optimizer's, and `relative` how much of it the curvature is that it meets:
        the sharpness or, where it divides the gradient, `preconditioned_sharpness`, which is not
        there ahead of the first step. `products` is how many were made.

        Raises
        ------
        FloatingPointError
            if the numbers are not finite
        """
        self.products = 0
        x, targets = trainer._evaluator.splits["train"]
        with np.errstate(all="ignore"):  # of a run that diverges: found in the products
            point = Curvature(trainer.network, trainer._minimized, x, targets, l2=trainer.config.l2)
            found = self._sharpness(point, trainer, quantities)
            found |= self._others(point, trainer, quantities)
        return found | {"products": np.asarray(self.products)}

    def _sharpness(self, point: Curvature, trainer: Trainer, quantities: Quantities) -> Measured:
        values = np.full(MOST_EIGENVALUES, np.nan)
        count = min(quantities.eigenvalues, point.n_parameters)
        values[:count] = self._largest("whole", point, count)
        found = {"eigenvalues": values, "sharpness": values[0]}
        rate = float(trainer._learning_rate * trainer._schedule(trainer.step))
        found["limit"] = np.asarray(stability_limit(trainer._optimizer, rate) if rate else np.inf)
        own, divisor = values[0], preconditioner(trainer._optimizer)
        if divisor is not None:
            own = self._largest("preconditioned", point, preconditioner=divisor)[0]
            found["preconditioned_sharpness"] = own
        elif trainer._optimizer.scale_free:
            return found
        return found | {"relative": own / found["limit"]}

    def _others(self, point: Curvature, trainer: Trainer, quantities: Quantities) -> Measured:
        found: Measured = {}
        if quantities.gauss_newton:
            values = self._largest("Gauss-Newton", point, gauss_newton=True)
            found["gauss_newton_sharpness"] = values[0]
        if quantities.layers:
            places = enumerate(layer_places(trainer.network))
            found["layer_sharpness"] = np.array(
                [self._largest(f"layer {i}", point, part=place)[0] for i, place in places]
            )
        if quantities.probes:
            rng = np.random.default_rng(0)  # the same each time: steps differ, not draws
            probes = signs(quantities.probes, point.n_parameters, rng)
            trace = hutchinson(point, trainer.network, probes)
            self.products += quantities.probes
            found |= {"trace": np.asarray(trace.whole), "trace_error": np.asarray(trace.error)}
            found["layer_trace"] = trace.layers
        if quantities.information:
            found |= self._information(trainer)
        return found

    def _information(self, trainer: Trainer) -> Measured:
        x, targets = trainer._evaluator.splits["train"]
        if any(isinstance(layer, BatchNorm) for layer in trainer.network.layers):
            return {}
        found = takeuchi(trainer.network, trainer._minimized, x, targets)
        self.products += targets.shape[-1] + 1
        return {
            "information_by_traces": np.asarray(found.by_traces),
            "information_by_diagonals": np.asarray(found.by_diagonals),
        }

    def _largest(
        self, name: str, point: Curvature, count: int = 1, **options: Any
    ) -> npt.NDArray[np.float64]:
        spectrum = eigenvalues(
            point, largest=count, smallest=0, tolerance=TOLERANCE, least=LEAST, most=_MOST_PRODUCTS,
            before=self._before.get(name), **options,
        )  # fmt: skip
        self._before[name] = spectrum
        self.products += spectrum.products
        return spectrum.largest
