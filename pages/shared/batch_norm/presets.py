"""The presets of the Batch normalization page."""

from pages.shared.presets import Preset

SMALL_BATCH = "Small batch"
NUMBERS, GAMMA, BETA = "1, 2, 3; 4, 5, 6; 7, 8, 9; 10, 11, 12", "1, 1, 1", "0, 0, 0"

PRESETS = (
    Preset(
        "Four examples, three features",
        "A 4 × 3 batch of the numbers 1 to 12: every column becomes the same four numbers.",
        {"view": SMALL_BATCH, "numbers": NUMBERS, "gammas": GAMMA, "betas": BETA},
    ),
    Preset(
        "Unlike features, own γ and β",
        "Features of very different size come to the size that γ and β say.",
        {
            "view": SMALL_BATCH,
            "numbers": "1, 200, 0.01; 2, 180, 0.03; 3, 240, 0.02; 4, 210, 0.05",
            "gammas": "1, 2, 0.5",
            "betas": "0, 1, -1",
        },
    ),
)
