"""A small machine one step at a time: Gibbs steps, and steps of training by the trainer's own parts.

The whole state is a :class:`Snapshot` of plain numbers that travels between the page and the interactive worker. Only the
functions import torch, not this module.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from boltzmann.config import PATTERNS, BinaryDataConfig, RBMConfig, visible_units
from boltzmann.runs.files import StoreError
from boltzmann.runs.play_machine import load_data, open_machine
from boltzmann.settings import Settings

if TYPE_CHECKING:
    from boltzmann.models.rbm import RBM

MOST_UNITS = 16
"""Of a layer: more could not be told apart."""

MOST_STEPS = 1000
SCALE = 0.01
NEW = {
    "bars-6": (BinaryDataConfig(dataset="shifting_bars", length=6), 6, "Shifting bars, 6 + 6, untrained"),
    "bars-9": (BinaryDataConfig(dataset="shifting_bars", length=9), 9, "Shifting bars, 9 + 9, untrained"),
    "stripes-3": (BinaryDataConfig(dataset="bars_and_stripes", side=3), 9, "Bars and stripes 3 × 3, 9 + 9, untrained"),
}
"""Untrained machines by name: data, hidden units, title."""

Weight = Annotated[FiniteFloat, Field(ge=-1000, le=1000)]
Bit = Annotated[int, Field(ge=0, le=1)]
Layer = Annotated[list[Weight], Field(min_length=1, max_length=MOST_UNITS)]
Units = Annotated[list[Bit], Field(min_length=1, max_length=MOST_UNITS)]


class Snapshot(BaseModel):
    """A small machine and the state of its units.

    Args:
        data: What it learns.
        data_seed: With which seed these data are loaded.
        weights: W, n lists of m.
        visible_bias, hidden_bias: a and b.
        v, h: States of the units, 0 or 1.
        drawn: The layer that was drawn last; the other is next.
        step: Training steps done.
        rate: Learning rate.
    """

    model_config = ConfigDict(extra="forbid")
    data: BinaryDataConfig
    data_seed: int = Field(0, ge=0, le=2**31 - 1)
    weights: Annotated[list[Layer], Field(min_length=1, max_length=MOST_UNITS)]
    visible_bias: Layer
    hidden_bias: Layer
    v: Units
    h: Units
    drawn: Literal["v", "h"] = "v"
    step: int = Field(0, ge=0, le=10**9)
    rate: float = Field(0.2, gt=0, le=10)

    @model_validator(mode="after")
    def _sizes_fit(self) -> Snapshot:
        n, m = len(self.v), len(self.h)
        rows = {len(row) for row in self.weights}
        if (len(self.weights), rows, len(self.visible_bias), len(self.hidden_bias)) != (n, {m}, n, m):
            raise ValueError(f"weights and biases do not fit {n} visible and {m} hidden units")
        if visible_units(RBMConfig(data=self.data)) not in (None, n):
            raise ValueError(f"the data have rows of another length than {n}")
        return self


def check_snapshot(value: Any) -> Snapshot:
    """The snapshot that a page sent. Raises :class:`StoreError`."""
    try:
        return Snapshot.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "sizes"
        raise StoreError(f"the page sent a machine that is none ({where}: {first['msg']}): press Start again") from None


def fits(visible: int | None, hidden: int) -> bool:
    """Whether a machine is small enough to be seen whole."""
    return visible is not None and visible <= MOST_UNITS and hidden <= MOST_UNITS


def begin(settings: Settings, start: Any, seed: int) -> dict[str, Any]:
    """A machine at rest, a training row on its visible units, as :func:`move` answers.

    Args:
        settings: Where machines and data are.
        start: A name in :data:`NEW`, or a machine's key.
        seed: Of new weights, and of the row.

    Raises:
        StoreError: there is no such machine, or it is too large.
    """
    import torch

    from boltzmann.models.rbm import RBM

    if isinstance(start, str) and start in NEW:
        config, hidden, _ = NEW[start]
        generator = torch.Generator().manual_seed(seed)
        data_seed = 0
        rbm = RBM(load_data(config, 0, settings).train.shape[1], hidden, scale=SCALE, generator=generator)
    else:
        machine = open_machine(settings, start)
        rbm, config, data_seed = machine.rbm, machine.config.data, machine.config.seed
        if rbm.labels or not fits(rbm.visible, rbm.hidden):
            raise StoreError(
                f"this machine has {rbm.visible} + {rbm.hidden} units, which cannot be seen one by one: choose one of at "
                f"most {MOST_UNITS} + {MOST_UNITS} without label units"
            )
    rows = load_data(config, data_seed, settings).train
    v = rows[seed % len(rows)].round()
    h = (rbm.hidden_probability(v[None])[0] > 0.5).float()
    snapshot = _snapshot(rbm, v, h, data=config, data_seed=data_seed)
    return _answer(rbm, snapshot, rows, {"words": "A training row on the visible units."})


def move(settings: Settings, sent: Any, deed: Any, count: Any, seed: int | None = None) -> dict[str, Any]:
    """``count`` steps of one kind from a snapshot.

    Args:
        settings: Where the data are.
        sent: A :class:`Snapshot` as JSON values.
        deed: "gibbs", one layer drawn given the other; "cd", contrastive divergence with one Gibbs step on all training
            rows; "mode", a mode step on all training rows.
        count: 1 to 1000.
        seed: Of the draws; None: by chance.

    Returns:
        ``snapshot``; ``energy`` E(v, h); ``kl``, KL(data || model), exact, or None where the data are not listed in full;
        ``words``, what was done; and where they belong to the deed ``p_v`` or ``p_h``, the chances that the units were
        drawn with, ``positive``, ``negative`` and ``change``, each (n, m): <v h> of both phases and the last step's change
        of W, and ``gamma``.
    """
    import torch

    snapshot = check_snapshot(sent)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_STEPS:
        raise StoreError(f"the number of steps is {str(count)[:20]}; allowed: 1 to {MOST_STEPS:,}")
    if deed not in list(DEEDS):
        raise StoreError(f"there is no step {str(deed)[:20]}: choose one of {', '.join(DEEDS)}")
    rows = load_data(snapshot.data, snapshot.data_seed, settings).train.round()
    if rows.shape[1] != len(snapshot.v):
        raise StoreError(
            f"the machine has {len(snapshot.v)} visible units, a training row {rows.shape[1]}: press Start again"
        )
    rbm = _machine(snapshot)
    generator = torch.Generator().manual_seed(random.randrange(2**31) if seed is None else seed)
    view: dict[str, Any] = {}
    for _ in range(count):
        view = DEEDS[deed](rbm, snapshot, rows, generator)
    done = _snapshot(
        rbm,
        view.pop("v"),
        view.pop("h"),
        data=snapshot.data,
        data_seed=snapshot.data_seed,
        drawn=snapshot.drawn,
        step=snapshot.step,
        rate=snapshot.rate,
    )
    return _answer(rbm, done, rows, view)


def _gibbs(rbm: RBM, snapshot: Snapshot, _rows: Any, generator: Any) -> dict[str, Any]:
    from boltzmann.training.rbm.negative_phases import bernoulli

    v, h = _bits(snapshot.v), _bits(snapshot.h)
    view: dict[str, Any]
    if snapshot.drawn == "v":
        chance = rbm.hidden_probability(v)
        h = bernoulli(chance, generator)
        view = {"p_h": chance[0].tolist(), "words": "Hidden units drawn from p(h | v)."}
    else:
        chance = rbm.visible_probability(h)
        v = bernoulli(chance, generator)
        view = {"p_v": chance[0].tolist(), "words": "Visible units drawn from p(v | h)."}
    snapshot.drawn = "h" if snapshot.drawn == "v" else "v"
    snapshot.v, snapshot.h = _ints(v[0]), _ints(h[0])
    return view | {"v": v[0], "h": h[0]}


def _contrastive_divergence(rbm: RBM, snapshot: Snapshot, rows: Any, generator: Any) -> dict[str, Any]:
    from boltzmann.training.rbm.negative_phases import ContrastiveDivergence

    h0 = rbm.hidden_probability(rows)
    v1, h1 = ContrastiveDivergence(1, generator).negative(rbm, rows, h0)
    shown = snapshot.step % len(rows)
    change = _ascend(rbm, snapshot, rows, h0, v1, h1, snapshot.rate)
    return {
        "v": v1[shown],
        "h": (h1[shown] > 0.5).float(),
        "p_h": h1[shown].tolist(),
        "row": _ints(rows[shown]),
        "words": "On the units: one row's negative phase, after a Gibbs step from the data.",
        **change,
    }


def _mode(rbm: RBM, snapshot: Snapshot, rows: Any, _generator: Any) -> dict[str, Any]:
    from boltzmann.training.rbm.mode import find_mode
    from boltzmann.training.rbm.mode_assistance import mode_rate

    found = find_mode(rbm, "enumeration")
    gamma = mode_rate(rbm, found.energy)
    h0 = rbm.hidden_probability(rows)
    change = _ascend(rbm, snapshot, rows, h0, found.v[None], found.h[None], snapshot.rate * gamma)
    words = "On the units: the mode, the state of lowest energy."
    return {"v": found.v, "h": found.h, "gamma": gamma, "words": words, **change}


DEEDS = {"gibbs": _gibbs, "cd": _contrastive_divergence, "mode": _mode}


def _ascend(rbm: RBM, snapshot: Snapshot, v0: Any, h0: Any, v1: Any, h1: Any, rate: float) -> dict[str, Any]:
    from boltzmann.training.rbm.gradients import Ascent

    before = rbm.weights.clone()
    ascent = Ascent(rbm, momentum=0.0, decay=0.0)
    ascent.begin(rate)
    ascent.add(v0, h0, rate / len(v0))
    ascent.add(v1, h1, -rate / len(v1))
    ascent.finish()
    snapshot.step += 1
    snapshot.drawn = "v"
    phases = {"positive": v0.T @ h0 / len(v0), "negative": v1.T @ h1 / len(v1), "change": rbm.weights - before}
    return {name: np.round(matrix.numpy(), 6).tolist() for name, matrix in phases.items()}


def _machine(snapshot: Snapshot) -> RBM:
    import torch

    from boltzmann.models.rbm import RBM

    values = {name: torch.tensor(getattr(snapshot, name)) for name in ("weights", "visible_bias", "hidden_bias")}
    return RBM.from_state({**values, "labels": torch.tensor(0)})


def _snapshot(rbm: RBM, v: Any, h: Any, **rest: Any) -> Snapshot:
    parameters = {name: getattr(rbm, name).tolist() for name in ("weights", "visible_bias", "hidden_bias")}
    return Snapshot(v=_ints(v), h=_ints(h), **parameters, **rest)


def _answer(rbm: RBM, snapshot: Snapshot, rows: Any, view: dict[str, Any]) -> dict[str, Any]:
    from boltzmann.evaluation.rbm_likelihood import kl_divergence

    data = snapshot.data
    listed = data.dataset in PATTERNS and (data.dataset != "bars_and_stripes" or data.drawing == "all")
    return {
        "snapshot": snapshot.model_dump(),
        "energy": float(rbm.energy(_bits(snapshot.v), _bits(snapshot.h))[0]),
        "kl": kl_divergence(rbm, rows.round()) if listed else None,
        **view,
    }


def _bits(units: list[int]) -> Any:
    import torch

    return torch.tensor([units], dtype=torch.float32)


def _ints(units: Any) -> list[int]:
    return [int(unit) for unit in units]
