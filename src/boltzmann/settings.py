"""Where things lie: data, runs, shipped models and studies. Flag first, then environment, then default."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dotenv import load_dotenv

ROOT = Path(__file__).resolve().parents[2]
PATIENT_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
"""Environment under which torch's threads sleep while they wait: spinning ones ruin each other on a shared machine."""


@dataclass(frozen=True)
class Settings:
    """Folders and the optional scheduler address.

    Args:
        data: Folder that holds (or shall hold) ``MNIST/``.
        runs: The run store.
        models: The shipped models.
        scheduler: Address of a Dask scheduler ("tcp://host:8786"); None starts an embedded cluster.
        studies: The shipped studies; None: there are none.
    """

    data: Path
    runs: Path
    models: Path
    scheduler: str | None = None
    studies: Path | None = None

    @classmethod
    def find(cls, data: str | None = None, runs: str | None = None) -> Settings:
        """Settings from flags, else ``BOLTZMANN_DATA``, ``BOLTZMANN_RUNS``, ``BOLTZMANN_MODELS``,
        ``BOLTZMANN_STUDIES``, ``BOLTZMANN_SCHEDULER``, else folders beside the project."""

        # Keys of services may lie there; what the environment already says stands.
        load_dotenv(ROOT / ".env")

        def folder(flag: str | None, variable: str, default: Path) -> Path:
            return Path(flag or os.environ.get(variable) or default).expanduser().resolve()

        return cls(
            data=folder(data, "BOLTZMANN_DATA", ROOT / "data"),
            runs=folder(runs, "BOLTZMANN_RUNS", ROOT / "runs"),
            models=folder(None, "BOLTZMANN_MODELS", ROOT / "models"),
            scheduler=os.environ.get("BOLTZMANN_SCHEDULER") or None,
            studies=folder(None, "BOLTZMANN_STUDIES", ROOT / "studies"),
        )
