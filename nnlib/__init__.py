"""A small neural-network library in NumPy for watching training: every number can be looked at.

`Experiment` says what to run, `Trainer` runs it, `History` holds what was measured. Every array
may carry leading replica axes, so that many runs train as one.
"""

from nnlib import datasets
from nnlib.activations import ACTIVATIONS
from nnlib.config import DataReference, Experiment, NetworkConfig, TrainingConfig
from nnlib.gradient_check import check_gradients
from nnlib.history import Divergence, Event, History
from nnlib.initializers import INITIALIZERS
from nnlib.losses import LOSSES
from nnlib.model import Model, load_model, save_model
from nnlib.network import Network, build_network
from nnlib.optimizers import OPTIMIZERS
from nnlib.schedules import SCHEDULES
from nnlib.sweeps import SweepResult, sweep
from nnlib.training import Trainer, train

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "DataReference",
    "Divergence",
    "Event",
    "Experiment",
    "History",
    "Model",
    "Network",
    "NetworkConfig",
    "SweepResult",
    "Trainer",
    "TrainingConfig",
    "build_network",
    "check_gradients",
    "datasets",
    "load_model",
    "save_model",
    "sweep",
    "train",
]
