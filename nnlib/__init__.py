"""A small neural-network library in NumPy for watching training: every number can be looked at.

`Experiment` says what to run, `Trainer` runs it, `History` holds what was measured. Every array
may carry leading replica axes, so that many runs train as one.
"""

from nnlib import datasets
from nnlib._version import __version__ as __version__
from nnlib.activations import ACTIVATIONS
from nnlib.building import build_network
from nnlib.comparison import Arm, difference
from nnlib.config import DataReference, Experiment, NetworkConfig, TrainingConfig
from nnlib.curvature import gauss_newton_vector, hessian_eigenvalues, hessian_vector
from nnlib.diagnosis import Diagnosis, Finding, Remedy, diagnose, diagnose_log
from nnlib.forks import Fork, fork, retrace
from nnlib.gradient_check import check_gradients
from nnlib.history import Divergence, Event, History
from nnlib.initializers import INITIALIZERS
from nnlib.losses import LOSSES
from nnlib.model import Model, load_model, save_model
from nnlib.network import Network
from nnlib.optimizers import OPTIMIZERS
from nnlib.paired import Difference
from nnlib.put_away import Run, run_of
from nnlib.run_files import load_run, save_run
from nnlib.schedules import SCHEDULES
from nnlib.search import Choice, Range, search
from nnlib.snapshot_files import load_snapshot, save_snapshot
from nnlib.snapshots import Snapshot
from nnlib.sweeps import SweepResult, sweep
from nnlib.timeline import Timeline
from nnlib.training import Trainer, train
from nnlib.twins import Twins, compare

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "Arm",
    "Choice",
    "DataReference",
    "Diagnosis",
    "Difference",
    "Divergence",
    "Event",
    "Experiment",
    "Finding",
    "Fork",
    "History",
    "Model",
    "Network",
    "NetworkConfig",
    "Range",
    "Remedy",
    "Run",
    "Snapshot",
    "SweepResult",
    "Timeline",
    "Trainer",
    "TrainingConfig",
    "Twins",
    "build_network",
    "check_gradients",
    "compare",
    "datasets",
    "diagnose",
    "diagnose_log",
    "difference",
    "fork",
    "gauss_newton_vector",
    "hessian_eigenvalues",
    "hessian_vector",
    "load_model",
    "load_run",
    "load_snapshot",
    "save_model",
    "retrace",
    "run_of",
    "save_run",
    "save_snapshot",
    "search",
    "sweep",
    "train",
]
