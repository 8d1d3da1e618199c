"""Every answer of a service, kept in a folder, so that its run can be replayed without the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from boltzmann.graphs import Graph
from boltzmann.samplers.errors import SamplerError

GRAPH, DESCRIPTION, USAGE = "graph.safetensors", "run.json", "usage.json"


class AnswerBook:
    """Answers in the order in which they came, a safetensors file each, spins packed to bits; and what they cost so far.

    Args:
        folder: Made with the first thing that is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def describe(self, facts: dict[str, Any]) -> None:
        """Keep what a replay has to know of the run, JSON values; only the first time counts."""
        if not (self.folder / DESCRIPTION).exists():
            self._keep(DESCRIPTION, facts)

    def keep_usage(self, usage: dict[str, float]) -> None:
        """Keep what has been asked for so far: it outlives a checkpoint that is gone back to."""
        self._keep(USAGE, usage)

    def usage(self) -> dict[str, float]:
        """What :meth:`keep_usage` kept last; empty at first."""
        try:
            return json.loads((self.folder / USAGE).read_text("utf-8"))
        except (OSError, ValueError):
            return {}

    def _keep(self, name: str, facts: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / "unfinished"
        unfinished.write_text(json.dumps(facts), "utf-8")
        unfinished.replace(self.folder / name)

    def write(self, number: int, spins: np.ndarray, facts: dict[str, Any]) -> None:
        """Keep the answer with this ``number``: int8 spins (reads, n), and JSON values."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # The file takes the memory as it lies, whatever the strides say.
        bits = np.ascontiguousarray(np.packbits(spins > 0, axis=1))
        arrays = {"bits": bits, "n": np.array([spins.shape[1]])}
        unfinished = self.folder / "unfinished"
        save_file(arrays, unfinished, metadata={"facts": json.dumps(facts)})
        unfinished.replace(self._file(number))

    def read(self, number: int) -> tuple[np.ndarray, dict[str, Any]]:
        """What :meth:`write` kept.

        Raises:
            SamplerError: there is no such answer, or it cannot be read.
        """
        try:
            with safe_open(self._file(number), framework="numpy") as file:
                n = int(file.get_tensor("n")[0])
                bits = np.unpackbits(file.get_tensor("bits"), axis=1, count=n)
                return (bits.astype(np.int8) * 2 - 1), json.loads((file.metadata() or {})["facts"])
        except (OSError, SafetensorError, KeyError, ValueError, IndexError) as error:
            raise RecordEnds(f"the record has no answer number {number:,} that can be read") from error

    def has(self, number: int) -> bool:
        """Whether there is an answer with this ``number``."""
        return self._file(number).is_file()

    def keep_graph(self, graph: Graph) -> None:
        """Keep the graph that the answers are for."""
        self.folder.mkdir(parents=True, exist_ok=True)
        graph.save(self.folder / GRAPH)

    def graph(self) -> Graph:
        """What :meth:`keep_graph` kept. Raises SamplerError where there is none."""
        try:
            return Graph.load(self.folder / GRAPH)
        except (OSError, SafetensorError, ValueError) as error:
            raise RecordEnds("the record has no graph that can be read") from error

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:08d}.safetensors"


class RecordEnds(SamplerError):
    """There are no more answers to replay: the run stops in good order."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            title="The record of answers ends here",
            mend="This is as far as the recorded run went. Go on with the simulated QPU from the same step, if you like.",
        )
