"""The run store: a directory for each run of the Studio or the lab, which one job writes and everyone reads.

``config.json``, ``name.txt``, ``status.json`` (atomic), ``events.jsonl`` (append-only), ``checkpoints/step-00001234/``,
``images/``, ``frames/`` (what its checkpoints draw from the same seeds, made when it is asked for),
``answers/`` (of a service), ``error.log``, and ``stop``, the marker that asks the job to end.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cache
from importlib.metadata import version
from typing import Any

from boltzmann.config import (
    CloudConfig,
    ConfigError,
    RBMConfig,
    RunConfig,
    SamplerConfig,
    validate,
    validate_rbm,
)
from boltzmann.redaction import presentable
from boltzmann.runs import event_log
from boltzmann.runs.files import StoreError, create_folder, folder_of, read_json, to_json, write_atomic
from boltzmann.runs.names import NAME_LENGTH, clean_name, default_name
from boltzmann.runs.run_folders import SEALED, RunFolders, checkpoint_step, modified
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.runs.status import Status, written_status
from boltzmann.training.events import Measured, Metrics

CURVES = tuple(field.name for field in fields(Metrics))
LAB_CURVES = tuple(field.name for field in fields(Measured))
"""The same for a run of the lab."""
NUMERICAL_PACKAGES = ("boltzmann-studio", "torch", "numpy", "dwave-pytorch-plugin", "dwave-samplers", "dwave-graphs")


class RunStore(RunFolders):
    """All runs below one folder: what is in their files, and what becomes of them."""

    def create(self, config: RunConfig | RBMConfig, name: str = "", study: str = "", durable: bool = True) -> str:
        """A new run, queued. Without a name it is called after its settings. Returns its identifier.

        Args:
            config: Of either kind.
            name: What its owner calls it.
            study: Identifier of the study that it belongs to.
            durable: As for :func:`~boltzmann.runs.files.create_folder`.
        """
        name = clean_name(name) if name else default_name(config)
        config = config.model_copy(update={"versions": installed_versions()})
        status = Status(
            kind="rbm" if isinstance(config, RBMConfig) else "dvae",
            study=study,
            sampler=_asked(config),
            epochs=config.training.epochs,
            heartbeat=time.time(),
        )
        return create_folder(
            self.root,
            {
                "config.json": to_json(config.model_dump(mode="json")),
                "name.txt": name.encode(),
                "status.json": to_json(status.as_dict()),
            },
            durable=durable,
        )

    def kind(self, run_id: str) -> str:
        """ "dvae" for a run of the Studio, "rbm" for one of the lab."""
        return "rbm" if (read_json(self.folder(run_id) / "config.json") or {}).get("kind") == "rbm" else "dvae"

    def config(self, run_id: str) -> RunConfig:
        """The configuration of a run of the Studio.

        Raises:
            StoreError: its file is damaged or of another version, or the run is one of the lab.
        """
        config = self.any_config(run_id)
        if isinstance(config, RBMConfig):
            raise StoreError(f"run {run_id} is one of the QRBM lab: open it there, /lab?run={run_id}")
        return config

    def rbm_config(self, run_id: str) -> RBMConfig:
        """The configuration of a run of the lab. Raises as :meth:`config` does."""
        config = self.any_config(run_id)
        if isinstance(config, RunConfig):
            raise StoreError(f"run {run_id} is one of the Studio: open it there, /?run={run_id}")
        return config

    def any_config(self, run_id: str) -> RunConfig | RBMConfig:
        """The configuration of a run of either kind. Raises :class:`StoreError` when it cannot be used."""
        values = read_json(self.folder(run_id) / "config.json")
        try:
            return _validated(values)
        except ConfigError as error:
            raise StoreError(f"the configuration of run {run_id} cannot be used: {error}") from None

    def name(self, run_id: str) -> str:
        """What its owner calls the run: any text, to be shown as text only."""
        try:
            return (self.folder(run_id) / "name.txt").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return run_id

    def rename(self, run_id: str, name: str) -> str:
        """Give a run another name. Returns the name as kept; raises :class:`StoreError` for an empty one."""
        name = clean_name(name)
        write_atomic(self.folder(run_id) / "name.txt", name.encode())
        return name

    def status(self, run_id: str) -> Status:
        """How the run is doing now; an active run that has gone silent is interrupted."""
        folder = self.folder(run_id)
        status = written_status(folder / "status.json")
        if status.state == "queued":
            # A run that waits has no job yet: whoever keeps the queue shows that it is alive.
            status = replace(status, heartbeat=max(status.heartbeat, modified(folder / "queued")))
        elif status.state in ("starting", "running") and self.stop_requested(run_id):
            status = replace(status, state="stopping")
        return status.seen_at()

    def write_status(self, run_id: str, durable: bool = True, **changes: Any) -> Status:
        """Change the given fields of the status and set its heartbeat; ``durable`` as for :func:`write_atomic`."""
        folder = self.folder(run_id)
        values = {
            **Status().as_dict(),
            **(read_json(folder / "status.json") or {}),
            "heartbeat": time.time(),
            **changes,
        }
        status = Status.of(presentable(values))
        write_atomic(folder / "status.json", to_json(status.as_dict()), durable)
        return status

    def beat(self, run_id: str) -> None:
        """Show that a queued run is still waited for."""
        (self.folder(run_id) / "queued").touch()

    def append(self, run_id: str, events: Iterable[dict[str, Any]], durable: bool = False) -> None:
        """Add events in one write. ``durable`` waits until the disk has them."""
        event_log.append(self.folder(run_id) / "events.jsonl", events, durable)

    def read_events(self, run_id: str, cursor: int = 0, limit: int | None = None) -> tuple[list[dict[str, Any]], int]:
        """The events after ``cursor``, at most ``limit`` of them, and the cursor for the next call.

        An event ``{"kind": "rewound", "step": s}`` takes back everything before it whose step is greater than s.
        """
        return event_log.read(self.folder(run_id) / "events.jsonl", cursor, limit)

    def history(self, run_id: str) -> dict[str, list[Any]]:
        """The curves of a run, each step once: lists of equal length for each name in :data:`CURVES`, of a run of the lab in
        :data:`LAB_CURVES`; None where there is no value."""
        events = event_log.without_rewound(self.read_events(run_id)[0])
        # The last word on a step counts: a run that ends with its best weights measures them where it stands.
        points = {event.get("step"): event for event in events if event.get("kind") == "metrics"}.values()
        curves = LAB_CURVES if self.kind(run_id) == "rbm" else CURVES
        return {curve: [point.get(curve) for point in points] for curve in curves}

    def pictures(self, run_id: str) -> list[dict[str, Any]]:
        """The picture events of a run in order (``step``, ``name``, ``file``), each step once."""
        events = event_log.without_rewound(self.read_events(run_id)[0])
        return [event for event in events if event.get("kind") == "picture"]

    def request_stop(self, run_id: str) -> None:
        """Ask the job of this run to save a checkpoint and end."""
        (self.folder(run_id) / "stop").touch()

    def stop_requested(self, run_id: str) -> bool:
        """Whether the job of this run was asked to end."""
        return (self.folder(run_id) / "stop").exists()

    def clear_stop(self, run_id: str) -> None:
        """Take back a request to stop."""
        (self.folder(run_id) / "stop").unlink(missing_ok=True)

    def extend(self, run_id: str, epochs: int) -> RunConfig | RBMConfig:
        """Add ``epochs`` to a run that is not active; training it again goes on from its last checkpoint.

        A run that ended early has that many more from where it ended.

        Raises:
            StoreError: for an active run or a number of epochs that is not allowed.
        """
        status = self._idle(run_id, "add epochs")
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise StoreError(f"epochs to add is {epochs!r}: give a whole number of 1 or more")
        values = self.any_config(run_id).model_dump(mode="json")
        ends_early = values["training"].get("patience") or values["training"].get("critic_share")
        if status.state == "finished" and status.total_steps and ends_early:
            values["training"]["epochs"] = -(-status.total_steps // status.steps_per_epoch)
        values["training"]["epochs"] += epochs
        try:
            config = _validated(values)
        except ConfigError as error:
            raise StoreError(str(error)) from None
        write_atomic(self.folder(run_id) / "config.json", to_json(config.model_dump(mode="json")))
        total = config.training.epochs
        self.write_status(
            run_id, state=status.state, epochs=total, total_steps=status.steps_per_epoch * total, error=status.error
        )
        return config

    def change_sampler(self, run_id: str, sampler: SamplerConfig) -> RunConfig | RBMConfig:
        """Let a run that is not active go on with another sampler, or another budget, from its last checkpoint.

        Raises:
            StoreError: for an active run, or a sampler that does not fit it.
        """
        status = self._idle(run_id, "change its sampler")
        before = self.any_config(run_id)
        another = sampler.name != before.sampler.name
        values = {**before.model_dump(mode="json"), "sampler": sampler.model_dump()}
        try:
            config = _validated(values | {"replay_of": ""} if another else values)
        except ConfigError as error:
            raise StoreError(str(error)) from None
        if another:
            folder = self.answers(run_id, before.sampler.name)
            if folder.is_dir():
                # What comes later would not follow on what is there.
                (folder / SEALED).touch()
            checkpoint = self.resume_point(run_id)
            step = checkpoint_step(checkpoint) if checkpoint else 0
            new, old = sampler_title(sampler.name), sampler_title(before.sampler.name)
            words = f"From step {step + 1:,} on: {new}, instead of {old}."
            self.append(run_id, [{"kind": "notice", "about": "sampler", "step": step, "message": words}])
        write_atomic(self.folder(run_id) / "config.json", to_json(config.model_dump(mode="json")))
        self.write_status(run_id, state=status.state, sampler=_asked(config), error=status.error)
        return config

    def allow_as_much_again(self, run_id: str) -> RunConfig | RBMConfig:
        """Double the budget of a run on a service. Raises as :meth:`change_sampler` does."""
        sampler = self.any_config(run_id).sampler
        if not isinstance(sampler, CloudConfig):
            raise StoreError(f"run {run_id} asks no service: it has no budget")
        doubled = {"max_calls": 2 * sampler.max_calls, "max_seconds": 2 * sampler.max_seconds}
        return self.change_sampler(run_id, sampler.model_copy(update=doubled))

    def create_replay(self, run_id: str, name: str = "") -> str:
        """A new run that repeats a recorded one without its service, as long as it was at first. Returns its identifier.

        Raises:
            StoreError: nothing was recorded.
        """
        sampler = self.recorded(run_id)
        facts = read_json(self.answers(run_id, sampler) / "run.json") if sampler else None
        if not facts:
            raise StoreError(f"run {run_id} has no recorded answers: train it on a service with Record answers")
        values = self.any_config(run_id).model_dump(mode="json")
        values |= {"sampler": facts["sampler"], "replay_of": run_id}
        # More epochs change the learning rates of all steps: those added later are another training.
        values["training"]["epochs"] = facts["epochs"]
        try:
            return self.create(_validated(values), name or f"Replay of {self.name(run_id)}"[:NAME_LENGTH])
        except (ConfigError, KeyError) as error:
            raise StoreError(f"the record of run {run_id} cannot be used: {error}") from None

    def delete(self, run_id: str) -> None:
        """Move a run that is not active to the trash, from where :meth:`restore` brings it back."""
        self._idle(run_id, "delete it")
        self.trash.mkdir(exist_ok=True)
        folder = self.folder(run_id).rename(self.trash / run_id)
        os.utime(folder)

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back."""
        folder_of(self.trash, run_id, "deleted run").rename(self.root / run_id)

    def empty_trash(self, older_than: float = 0.0) -> None:
        """Remove for good what was deleted more than ``older_than`` seconds ago."""
        for folder in self.trash.iterdir() if self.trash.is_dir() else ():
            if time.time() - modified(folder) >= older_than:
                shutil.rmtree(folder)

    def _idle(self, run_id: str, deed: str) -> Status:
        status = self.status(run_id)
        if status.active:
            raise StoreError(f"run {run_id} is {status.state}: stop it first, then {deed}")
        return status


@cache
def installed_versions() -> dict[str, str]:
    """Versions of the packages that a run's numbers depend on."""
    return {name: version(name) for name in NUMERICAL_PACKAGES}


def _validated(values: Any) -> RunConfig | RBMConfig:
    lab = isinstance(values, dict) and values.get("kind") == "rbm"
    return validate_rbm(values) if lab else validate(values)


def _asked(config: RunConfig | RBMConfig) -> str:
    return "" if isinstance(config, RBMConfig) and not config.asks_sampler else config.sampler.name
