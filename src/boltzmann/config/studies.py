"""Ready-made experiments of the lab, one click or one command each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boltzmann.config.changes import changed
from boltzmann.config.rbm import RBM_PRESETS, RBMConfig
from boltzmann.config.rbm_parts import BinaryDataConfig, RBMModelConfig, RBMTrainingConfig
from boltzmann.config.sampler import SimulatedQPUConfig
from boltzmann.config.study import StudyConfig, Variant, validate_study
from boltzmann.config.validation import ConfigError

BARS, INVERTED, STRIPES = "shifting_bars", "inverted_bars", "bars_and_stripes"
DECAYED = {"training.learning_rate_schedule": "linear"}

_CD1 = Variant(title="CD-1")
_CD10 = Variant(title="CD-10", changes={"training.gibbs_steps": 10})
_PCD1 = Variant(title="PCD-1", changes={"training.negative_phase": "pcd"})


def _machine(dataset: str, size: int, hidden: int, **more: Any) -> dict[str, Any]:
    length = "side" if dataset == STRIPES else "length"
    return {"data.dataset": dataset, f"data.{length}": size, "model.hidden": hidden, **more}


def _with_decay(title: str, changes: dict[str, Any]) -> tuple[Variant, Variant]:
    return Variant(title=title, changes=changes), Variant(title=f"{title}, rate to 0", changes={**changes, **DECAYED})


def _beta(title: str, scheme: str, **more: Any) -> Variant:
    led = {f"inverse_temperature.{name}": value for name, value in more.items()}
    return Variant(title=title, changes={"inverse_temperature.scheme": scheme, **led})


# The setting of Xu and Oates, Scientific Reports 11:2727 (2021): 1,000 reads an epoch serve both of its minibatches.
_SEVEN_BY_SEVEN = RBMConfig(
    data=BinaryDataConfig(dataset=STRIPES, side=7, drawing="repeated"),
    model=RBMModelConfig(hidden=25),
    sampler=SimulatedQPUConfig(annealing_time=6.0, pause_time=2.0, sweeps_per_microsecond=10.0),
    training=RBMTrainingConfig(
        negative_phase="sampler",
        chains=1000,
        sample_reuse=2,
        epochs=300,
        batch_size=500,
        learning_rate=0.1,
        measurements=300,
    ),
)
_SCHEMES = (
    _beta("Linear ramp", "linear"),
    _beta("MaxLL, as printed", "max_likelihood"),
    _beta("MaxLL, descent", "max_likelihood", direction="descent"),
    _beta("MinSE", "min_entropy"),
    _beta("Fixed at 2", "fixed", start=2.0),
    _beta("Estimated", "estimated"),
    _beta("Known", "known"),
)


def _chip(hidden_beta: float, pause: float) -> Variant:
    changes = {"sampler.inverse_temperature": hidden_beta, "sampler.pause_at": pause}
    return Variant(title=f"Hidden beta {hidden_beta:g}, pause at {pause:g}", changes=changes)


def narrowed(
    study: StudyConfig, panels: Sequence[str], seeds: int | None = None, arms: Sequence[str] = ()
) -> StudyConfig:
    """``study`` with some of its panels and arms only, and another number of seeds.

    Raises:
        ConfigError: there is no panel or arm of such a title, or the number of seeds is not allowed.
    """
    values = study.model_dump()
    for kind, wanted in (("panels", panels), ("arms", arms)):
        titles = [variant["title"] for variant in values[kind]]
        if unknown := [title for title in wanted if title not in titles]:
            raise ConfigError(f"there is no {kind[:-1]} {unknown[0]!r}: choose of {', '.join(titles)}")
        if wanted:
            values[kind] = [variant for variant in values[kind] if variant["title"] in wanted]
    if seeds is not None:
        values["seeds"] = seeds
    return validate_study(values)


READY_MADE: dict[str, StudyConfig] = {
    "mode-assisted": StudyConfig(
        title="Mode-assisted against CD",
        question="How much closer to the data does a machine come when it is now and then pushed off its mode?",
        # As in the figures of reference.
        base=changed(RBMConfig(), {"training.hidden_statistics": "draws"}),
        arms=(_CD1, Variant(title="Mode-assisted", changes={"training.mode_assisted": True})),
        panels=(
            *_with_decay("6 + 6", _machine(BARS, 6, 6)),
            *_with_decay("9 + 9", _machine(BARS, 9, 9)),
            *_with_decay("9 + 4", _machine(BARS, 9, 4)),
            *_with_decay("12 + 8", _machine(BARS, 12, 8)),
            *_with_decay("14 + 10", _machine(BARS, 14, 10)),
            *_with_decay("Inverted bars 9 + 9", _machine(INVERTED, 9, 9)),
            *_with_decay("Bars and stripes 9 + 9", _machine(STRIPES, 3, 9)),
        ),
    ),
    "cd-pcd": StudyConfig(
        title="CD-1, CD-10, PCD",
        question="Do longer chains, or chains that go on from step to step, learn better than one Gibbs step?",
        # At 0.2, the rate of the other studies, persistent chains cannot follow the weights.
        base=changed(RBMConfig(), {"training.learning_rate": 0.05, **DECAYED}),
        arms=(_CD1, _CD10, _PCD1),
        panels=(
            Variant(title="Shifting bars 9 + 9"),
            Variant(title="Bars and stripes 16 + 16", changes=_machine(STRIPES, 4, 16)),
        ),
    ),
    "quantum": StudyConfig(
        title="Quantum negative phase against Gibbs",
        question="Does a machine learn as well from an annealer's samples as from exact ones and from Gibbs chains?",
        base=RBM_PRESETS["stripes"],
        arms=(
            Variant(title="Exact", changes={"training.negative_phase": "exact"}),
            Variant(title="CD-1", changes={"training.negative_phase": "cd"}),
            _PCD1,
            Variant(title="Simulated QPU"),
        ),
        panels=(Variant(title="Bars and stripes 16 + 16"),),
        seeds=3,
    ),
    "hidden-units": StudyConfig(
        title="Hidden units",
        question="How many hidden units does a machine need before more of them stop helping?",
        base=changed(RBMConfig(), DECAYED),
        arms=tuple(
            Variant(title=f"{hidden} hidden", changes={"model.hidden": hidden}) for hidden in (4, 9, 16, 32, 64)
        ),
        panels=(
            Variant(title="Shifting bars, 9 pixels"),
            Variant(title="Bars and stripes, 9 pixels", changes={"data.dataset": STRIPES, "data.side": 3}),
        ),
    ),
    "adaptive-beta": StudyConfig(
        title="Adaptive inverse temperature",
        question="Does a beta that adapts while a machine learns on an annealer of unknown temperature beat a ramp?",
        base=_SEVEN_BY_SEVEN,
        arms=_SCHEMES,
        panels=tuple(_chip(beta, pause) for beta in (1.0, 2.0, 4.0) for pause in (0.2, 0.5, 0.8)),
        seeds=16,
        figure="sum_squares",
        analysis="decay",
    ),
    "adaptive-beta-long": StudyConfig(
        title="Adaptive inverse temperature, five times as long",
        question="Where do the schemes end once the machines have learned, which 300 epochs do not see?",
        base=changed(_SEVEN_BY_SEVEN, {"training.epochs": 1500}),
        arms=_SCHEMES,
        panels=tuple(_chip(beta, 0.5) for beta in (1.0, 2.0, 4.0)),
        seeds=8,
        figure="sum_squares",
        analysis="decay",
        # The errors hardly fall at first, and no exponential does that.
        fit_from=300,
    ),
    "fixed-beta": StudyConfig(
        title="Fixed inverse temperatures",
        question="Which constant beta learns fastest on an annealer whose own is 2, and does a ramp over them do better?",
        base=changed(_SEVEN_BY_SEVEN, {"sampler.inverse_temperature": 2.0}),
        arms=(
            _beta("Linear ramp", "linear"),
            *(_beta(f"Fixed at {beta:g}", "fixed", start=beta) for beta in (1.5, 2.0, 2.5, 3.0)),
        ),
        panels=(Variant(title="Hidden beta 2, pause at 0.5"),),
        seeds=8,
        figure="sum_squares",
        analysis="decay",
    ),
    "chain-strength": StudyConfig(
        title="Chain strength",
        question="How strongly must the qubits of a chain hold together for a machine to learn on an embedded graph?",
        base=changed(_SEVEN_BY_SEVEN, {"sampler.annealing_time": 20.0}),
        arms=tuple(
            Variant(title=f"Strength {strength:g}", changes={"sampler.chain_strength": strength})
            for strength in (0.25, 0.5, 1.0, 2.0)
        ),
        panels=tuple(
            Variant(title=title, changes={"sampler.embedding": title.lower()})
            for title in ("Chimera", "Pegasus", "Zephyr")
        ),
        seeds=3,
        figure="sum_squares",
    ),
}

REDUCED = {
    "adaptive-beta": narrowed(
        READY_MADE["adaptive-beta"],
        ["Hidden beta 2, pause at 0.5"],
        seeds=3,
        arms=["Linear ramp", "MaxLL, as printed", "MinSE", "Estimated", "Known"],
    ),
}
"""Of a long study one that takes a minute or less."""
