"""What determines a run: frozen, validated, hashable, and written to JSON and back.

Every field is declared once with its bounds, choices, label and help; validation, the sidebar and
the documentation all read that declaration.
"""

from nnlib.config.experiment import DataReference, Experiment, OptionValue
from nnlib.config.network import MAX_HIDDEN_LAYERS, MAX_WIDTH, NetworkConfig
from nnlib.config.settings import Setting, setting, setting_of
from nnlib.config.training import (
    TrainingConfig,
    is_read,
    live_settings,
    of_training,
    stacked_settings,
)

__all__ = [
    "MAX_HIDDEN_LAYERS",
    "MAX_WIDTH",
    "DataReference",
    "Experiment",
    "NetworkConfig",
    "OptionValue",
    "Setting",
    "TrainingConfig",
    "is_read",
    "live_settings",
    "of_training",
    "setting",
    "setting_of",
    "stacked_settings",
]
