"""The Luck page: shares, ends and ways of all seeds."""

import apptest
import numpy as np
from apptest import Shown, table

from nnlib.labs.luck import FATES


def test_the_page_shows_what_became_of_every_seed(shown: Shown):
    app = apptest.open_page(
        "luck", data="absolute_value", layers="9", luck_seeds="10", epochs="5",
        **{f"units_{i + 1}": "2" for i in range(9)},
    )  # fmt: skip
    seeds = table(app, "fate")
    assert seeds["seed"].tolist() == list(range(10))
    counts = shown.table("fates").set_index("fate")["seeds"]
    assert counts.loc[list(FATES)].tolist() == [(seeds["fate"] == f).sum() for f in FATES]
    assert counts["constant"] > 0
    ends = np.sort(shown.table("ends")["train_loss"].to_numpy())
    drawn = np.sort(np.concatenate([shown.values("ends", f) for f in set(seeds["fate"])]))
    np.testing.assert_allclose(drawn, ends, rtol=1e-5)
    said = {m.label: m.value for m in app.metric}
    assert said["Constant"] == f"{counts['constant'] / 10:.0%}"
