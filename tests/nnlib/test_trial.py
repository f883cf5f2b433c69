"""What a trial says: the verdict, and a sentence with the numbers that it was judged by."""

from dataclasses import replace

import numpy as np
import pytest

from nnlib import DataReference, Experiment, NetworkConfig, TrainingConfig
from nnlib.comparison import Arm, Recorded
from nnlib.datasets import from_arrays
from nnlib.datasets.splitting import Split
from nnlib.diagnosis import Remedy, Trial
from nnlib.diagnosis.preparations import prepared

STEPS = np.array([0, 10])
NOISE = np.linspace(-0.01, 0.01, 5)


def arm(score, val_loss, train_loss=0.1, diverged=0):
    numbers = {"score_r2": score, "val_loss": val_loss, "train_loss": train_loss}
    series = {
        name: Recorded(STEPS, np.array([NOISE + 1, NOISE + n])) for name, n in numbers.items()
    }
    experiment = Experiment(NetworkConfig(), TrainingConfig(), DataReference("toy"))
    return Arm("one", experiment, series, ("output",), 10, 1.0, np.arange(5) < diverged)


def trial(before, after, **training):
    remedy = Remedy({"training": training or {"patience": 8}}, "")
    return Trial(remedy, before, after, "balanced accuracy", 0.5)


@pytest.mark.parametrize(
    ("before", "after", "judge", "verdict", "numbers"),
    [
        (arm(0.5, 0.7), arm(0.9, 0.7), "score", "healed", "balanced accuracy 0.5 as it is, 0.9"),
        (arm(0.8, 0.7), arm(0.8, 0.3), "loss", "healed", "validation loss 0.7 as it is, 0.3"),
        (arm(0.8, 0.7), arm(0.8, 0.3, 0.8), "loss", "better", "differs no more than the seeds do"),
        (arm(0.9, 0.3), arm(0.5, 0.2), "score", "worse", "balanced accuracy 0.9 as it is, 0.5"),
        (arm(0.8, 0.7), arm(0.8, 0.7), "", "no difference", "balanced accuracy 0.8 as it is, 0.8"),
        (arm(0.5, 0.7, diverged=4), arm(0.9, 0.7), "diverged", "healed", "4 diverged as it is, 0"),
    ],
)  # fmt: skip
def test_the_sentence_has_the_numbers_of_the_judge(before, after, judge, verdict, numbers):
    found = trial(before, after)
    assert (found.judged_by, found.verdict) == (judge, verdict)
    assert numbers in found.sentence


def test_weighed_classes_are_judged_by_the_balanced_error():
    before = arm(0.5, 0.2)
    assert trial(before, arm(0.9, 0.4, train_loss=0.9)).verdict == "better"
    for score, verdict in ((0.9, "healed"), (0.7, "better")):
        after = arm(score, 0.4, train_loss=0.9)
        assert trial(before, after, class_weight="balanced").verdict == verdict


def test_rows_that_are_repeated_keep_their_numbers():
    x = np.arange(40.0)[:, None]
    data = from_arrays(x, (np.arange(40) % 5 == 0).astype(int), standardize=False)
    numbers = Split(
        *(np.asarray(data.features(s)[:, 0] + 1, int) for s in ("train", "val", "test"))
    )
    more = prepared(replace(data, row_numbers=numbers), "rebalance")
    assert len(more.X_train) > len(data.X_train)
    assert (more.row_numbers.train == more.X_train[:, 0] + 1).all()
