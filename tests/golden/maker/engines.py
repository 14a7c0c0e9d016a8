"""Drives the worker processes: asks, survives their deaths, and turns engine talk into reasons."""

import json
import os
import re
import select
import subprocess
import sys
import tempfile
from pathlib import Path

_TIMEOUT_SECONDS = 60


class Engine:
    """One reference engine (`tflm` or `litert`) behind a child process that is restarted on need."""

    def __init__(self, name):
        self.name = name
        self.process = None
        self.log = tempfile.TemporaryFile()

    def _start(self):
        reader, writer = os.pipe()
        root = Path(__file__).resolve().parent.parent
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maker.worker", self.name, str(writer)],
            stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, cwd=root, pass_fds=[writer],
        )
        os.close(writer)
        self.answers = os.fdopen(reader, "r")

    def _said(self, start):
        """The engine's own last informative line since log offset `start`."""
        # The child shares this file's offset: pread leaves it where the child writes.
        size = os.fstat(self.log.fileno()).st_size
        text = os.pread(self.log.fileno(), max(size - start, 0), start).decode(errors="replace")
        lines = [line.strip() for line in text.splitlines()]
        lines = [line for line in lines if line and not line.startswith(("INFO", "W0000", "WARN"))]
        return lines

    def run(self, path, inputs, output_count, steps):
        """{"outputs", "shapes"} or {"refused": reason} for the model at `path`."""
        if self.process is None:
            self._start()
        start = os.fstat(self.log.fileno()).st_size
        request = {"path": str(path), "inputs": inputs, "outputs": output_count, "steps": steps}
        try:
            self.process.stdin.write((json.dumps(request) + "\n").encode())
            self.process.stdin.flush()
            ready, _, _ = select.select([self.answers], [], [], _TIMEOUT_SECONDS)
            line = self.answers.readline() if ready else ""
        except BrokenPipeError:
            line = ""
        if line:
            answer = json.loads(line)
            if "refused" in answer:
                answer["refused"] = _reason(self._said(start), answer["refused"])
            return answer
        self.process.kill()
        code = self.process.wait()
        self.process = None
        talk = _reason(self._said(start), "")
        return {"refused": f"process died ({code}) {talk}".strip()}

    def close(self):
        """Ends the child."""
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def _reason(lines, fallback):
    """A one-line reason of at most 160 characters without source paths."""
    keep = [line for line in lines if not re.search(r"Traceback|^File |failed with status", line)]
    text = keep[0] if keep else fallback.strip().splitlines()[0] if fallback.strip() else ""
    text = re.sub(r"\S*/(\w+\.(cc|h|py))(:\d+)?", r"\1", text)
    # Operands of failed checks are printed as raw memory and change from run to run.
    text = re.sub(r" *\(-?\d+ != -?\d+\)", " ", text)
    return text[:160].strip()
