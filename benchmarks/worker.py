"""A process that holds one contender and runs a round of it each time it is told to.

The parent starts it as ``python -m benchmarks.worker CONTENDER THREADS CASE``, where CASE is a
JSON object, and then writes one line a round; the answers are one JSON object a line.
"""

from __future__ import annotations

import json
import os
import sys
from time import perf_counter, process_time, sleep
from typing import Any

from benchmarks.cases import Case
from benchmarks.contender import Contender, make_contender, version_of

_PAUSE_SECONDS = 0.2
"""After preparing: on a virtual machine, a second thread that wakes beside a long busy one may
share its processor for a tenth of a second, whatever the library."""


def main() -> None:
    """Make the contender, answer, and run rounds until the input ends."""
    # A library that prints must not disturb the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    name, threads, text = sys.argv[1:]
    try:
        contender = make_contender(name, Case.from_json(text), int(threads))
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), file=answers)
        return
    print(json.dumps({"version": version_of(name)}), file=answers)
    for _ in sys.stdin:
        print(json.dumps(one_round(contender)), file=answers)


def one_round(contender: Contender) -> dict[str, Any]:
    """Return seconds, processor seconds and the loss after the run."""
    contender.prepare()
    sleep(_PAUSE_SECONDS)
    start, used = perf_counter(), process_time()
    contender.run()
    seconds, used = perf_counter() - start, process_time() - used
    return {"seconds": seconds, "processor": used, "loss": contender.loss()}


if __name__ == "__main__":
    main()
