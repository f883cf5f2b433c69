"""Stacks that train in other processes: an executor gets experiments and gives outcomes back."""

from __future__ import annotations

import os
import platform
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from nnlib.config import Experiment
from nnlib.datasets.dataset import Dataset
from nnlib.search.objectives import Outcome, failure
from nnlib.search.stacks import Plan, train_stack

_KNOWN: dict[str, Dataset] = {}
"""In a worker: the data that it has been given, by fingerprint; the last one only."""
Stack = dict[int, Experiment]
Result = tuple[str, dict[int, Outcome] | None]


class Elsewhere:
    """The stacks that are under way at an executor.

    A stack goes without the data; a worker that does not have them hands it back, and for every
    such worker one stack goes with them. So data travel about once a worker. A stack whose worker
    is lost for good has failed trials.

    Parameters
    ----------
    executor : with the interface of `concurrent.futures`: of processes, joblib's loky, or
        ``Client.get_executor()`` of Dask distributed
    """

    def __init__(self, executor: Executor, data: Dataset, plan: Plan) -> None:
        self._executor, self._data, self._plan = executor, data, plan
        self._away: dict[Future[Result], tuple[Stack, bool]] = {}
        self._lacking: set[str] = set()

    @property
    def trials(self) -> int:
        """How many trials are under way."""
        return sum(len(stack) for stack, _ in self._away.values())

    def send(self, stack: Stack, *, with_data: bool = False) -> None:
        """Give a stack to the executor."""
        data = self._data if with_data else None
        future = self._executor.submit(_work, stack, data, self._data.fingerprint, self._plan)
        self._away[future] = stack, with_data

    def receive(self) -> dict[int, Outcome]:
        """Wait until a stack is back, and return the outcomes of what is there, by trial."""
        back, _ = wait(self._away, return_when=FIRST_COMPLETED)
        outcomes: dict[int, Outcome] = {}
        handed_back = []
        for future in [each for each in self._away if each in back]:  # in the order of sending
            stack, _ = self._away.pop(future)
            try:
                worker, found = future.result()
            except Exception as error:  # whatever kind of executor it is: the search goes on
                outcomes |= dict.fromkeys(stack, failure(error))
                continue
            if found is None:
                self._lacking.add(worker)
                handed_back.append(stack)
            else:
                self._lacking.discard(worker)
                outcomes |= found
        for stack in handed_back:
            under_way = sum(with_data for _, with_data in self._away.values())
            self.send(stack, with_data=under_way < len(self._lacking))
        return outcomes


def _work(stack: Stack, data: Dataset | None, fingerprint: str, plan: Plan) -> Result:
    """Train a stack in a worker, and say in which; None where it needs the data for that."""
    worker = f"{platform.node()} {os.getpid()}"
    if data is not None:
        _KNOWN.clear()
        _KNOWN[fingerprint] = data
    known = _KNOWN.get(fingerprint)
    return worker, None if known is None else train_stack(stack, known, plan)
