"""What the two drivers share: one request a line on standard input, one answer a line on file descriptor 3."""

import io
import json
import multiprocessing
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

_answers = os.fdopen(3, "w", buffering=1)


def now():
    """Milliseconds since the epoch, on this machine's clock."""
    return time.time() * 1000


class _Reader(io.TextIOBase):
    """Both peers show a pod's lines on standard output: this notes when each of the workload's own came there."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self._rest = ""

    def write(self, text):
        *whole, self._rest = (self._rest + text).split("\n")
        for line in whole:
            at = line.find("bench ")
            if at >= 0:
                number, printed = line[at + 6 :].split()[:2]
                self.seen.append([int(number), float(printed), now()])
        return len(text)


# Before a peer is imported: its logger keeps what it finds here.
_reader = sys.stdout = _Reader()


def _at_once(request, run_one, in_processes):
    pods = request["pods"]
    if in_processes:
        # Forked, so that each begins with everything imported.
        pool = ProcessPoolExecutor(pods, mp_context=multiprocessing.get_context("fork"))
    else:
        pool = ThreadPoolExecutor(pods)
    with pool:
        list(pool.map(run_one, [request] * pods))


def _answer(request, run_one, in_processes):
    _reader.seen = []
    started = now()
    if request["atOnce"]:
        _at_once(request, run_one, in_processes)
    else:
        for _ in range(request["pods"]):
            run_one(request)
    return {"started": started, "result": now(), "lines": _reader.seen}


def serve(run_one, in_processes=False):
    """
    Answers until standard input ends.

    :param run_one: given a request, runs one pod of it to its end
    :param in_processes: whether pods that run at once have a process each, as the peer would run them; otherwise a thread each
    """
    print(json.dumps({"ready": True}), file=_answers)
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line), run_one, in_processes)
        except Exception:  # the bench tells it in its table, and goes on
            answer = {"error": traceback.format_exc(limit=-3)}
        print(json.dumps(answer), file=_answers)
