"""scikit-learn's MLPClassifier.

It draws its own initial weights (Glorot), and for two classes it ends in one logistic unit.
"""

from __future__ import annotations

import warnings

from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from benchmarks.cases import Case, examples
from benchmarks.contender import Contender

NEVER = 10**9


class Fit(Contender):
    """One call of `fit` for all epochs, without penalty and without early stopping."""

    def __init__(self, case: Case, threads: int) -> None:
        super().__init__(case, threads)
        self.x, self.y = examples(case, case.examples)

    def prepare(self) -> None:
        case = self.case
        self.model = MLPClassifier(
            case.hidden,
            solver=case.optimizer,
            alpha=0.0,
            batch_size=case.batch,
            learning_rate_init=case.learning_rate,
            max_iter=case.epochs,
            n_iter_no_change=NEVER,
            momentum=0.0,
            nesterovs_momentum=False,
            random_state=0,
        )

    def run(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.fit(self.x, self.y)

    def loss(self) -> float:
        return float(log_loss(self.y, self.model.predict_proba(self.x)))


CONTENDERS = {"fit": Fit}
