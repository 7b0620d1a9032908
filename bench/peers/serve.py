"""What the two drivers share: one request a line on standard input, one answer a line on file descriptor 3."""

import io
import json
import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

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


def _answer(request, run_one):
    _reader.seen = []
    pods, at_once = request["pods"], request["atOnce"]
    started = now()
    if at_once:
        with ThreadPoolExecutor(pods) as pool:
            list(pool.map(lambda _: run_one(request), range(pods)))
    else:
        for _ in range(pods):
            run_one(request)
    return {"started": started, "result": now(), "lines": _reader.seen}


def serve(run_one):
    """Answers until standard input ends. `run_one(request)` runs one pod to its end."""
    print(json.dumps({"ready": True}), file=_answers)
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line), run_one)
        except Exception:  # the bench tells it in its table, and goes on
            answer = {"error": traceback.format_exc(limit=-3)}
        print(json.dumps(answer), file=_answers)
