"""A person's own table and a sick network: from the upload to a healed twin in four clicks."""

from collections.abc import Callable

import numpy as np
import pytest
from apptest import checked, said
from sick_tables import bends, patients, sales, sensors
from test_page_classification import open_page, run_of, upload

CLICKS = 4
CASES: dict[str, tuple[Callable[[np.random.Generator], bytes], dict[str, str]]] = {
    "lr_too_high": (sales, {"learning_rate": "1", "optimizer": "sgd", "epochs": "30"}),
    "lr_too_low": (sales, {"learning_rate": "1e-05", "epochs": "30"}),
    "class_imbalance": (patients, {"epochs": "15", "learning_rate": "0.002"}),
    "overfitting": (sensors, {"epochs": "100", "units_1": "64", "units_2": "64"}),
    "vanishing_gradients": (
        bends,
        {"activation": "sigmoid", "initializer": "normal", "layers": "5", "epochs": "40"},
    ),
}


@pytest.mark.parametrize("fault", CASES)
def test_own_table_is_healed_within_four_clicks(fault):
    make, settings = CASES[fault]
    page = upload(open_page(**settings), make(np.random.default_rng(3)))  # the first click
    run_of(page).trainer.advance(epochs=10_000)  # it plays by itself
    page = checked(page.run())
    diagnosis = page.session_state["classification_follower"].look(run_of(page).trainer)
    assert diagnosis.findings[0].fault == fault
    page = page.button(key="try_classification_0_0").click().run()
    clicks = 2
    if [b for b in page.button if b.key == "trial_begin"]:
        page, clicks = page.button(key="trial_begin").click().run(), clicks + 1
    checked(page)
    assert "Healed" in said(page) and clicks < CLICKS
    page = page.button(key="keep_0").click().run()
    assert clicks + 1 <= CLICKS
    checked(page)
