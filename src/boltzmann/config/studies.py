"""Ready-made experiments of the lab, one click or one command each."""

from __future__ import annotations

from typing import Any

from boltzmann.config.rbm import RBM_PRESETS, RBMConfig
from boltzmann.config.study import StudyConfig, Variant, changed, validate_study
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
}


def narrowed(study: StudyConfig, panels: list[str], seeds: int | None = None) -> StudyConfig:
    """``study`` with some of its panels only, and another number of seeds.

    Raises:
        ConfigError: there is no panel of such a title, or the number of seeds is not allowed.
    """
    titles = [panel.title for panel in study.panels]
    if unknown := [title for title in panels if title not in titles]:
        raise ConfigError(f"there is no panel {unknown[0]!r}: choose of {', '.join(titles)}")
    values = study.model_dump()
    if panels:
        values["panels"] = [panel.model_dump() for panel in study.panels if panel.title in panels]
    if seeds is not None:
        values["seeds"] = seeds
    return validate_study(values)
