"""What results of a live run are kept under: the very numbers of its network."""

import hashlib

import nnlib


def weights_key(trainer: nnlib.Trainer) -> tuple[str, str]:
    """Return the fingerprint of the data and a digest of the weights.

    Experiment and step would not do: settings that are changed during a run and changed back leave
    both as they were, and other weights.
    """
    digest = hashlib.sha256(trainer.network.flat_parameters.tobytes())
    digest.update(trainer.network.flat_state.tobytes())
    return trainer.data.fingerprint, digest.hexdigest()
