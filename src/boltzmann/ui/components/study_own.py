"""An own comparison: a base, one axis to vary, its values, seeds; and what will start, before it does."""

from __future__ import annotations

from typing import Any, NamedTuple

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import (
    ENUMERABLE,
    PATTERNS,
    RBM_PRESETS,
    ConfigError,
    RBMConfig,
    StudyConfig,
    changed,
    validate_study,
    visible_units,
)
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import RunStore
from boltzmann.runs.study_costs import cost_words
from boltzmann.ui.components.parts import icon, whole_number
from boltzmann.ui.components.study_axes import TRAINER, AxisError, arms_of, axes, listed, suggested
from boltzmann.ui.components.study_start import MOST_SEEDS, checked_seeds

MOST_EPOCHS = 1_000_000
PRESET_TITLES = {
    "bars": "Shifting bars, 9 + 9 units",
    "stripes": "Bars and stripes 4 × 4, 16 + 16 units",
    "digits": "Small digits, 64 + 64 units",
    "mnist": "MNIST, 784 + 500 units",
    "labels": "MNIST with label units",
}


class Own(NamedTuple):
    """What was typed, checked: the study, or what is wrong at which field ("base", "axis", "values", ...)."""

    study: StudyConfig | None
    errors: dict[str, str]


def own_comparison(store: RunStore, from_run: str | None) -> html.Section:
    """The form; ``from_run`` names the run that is its base."""
    bases = [{"value": f"preset:{name}", "label": PRESET_TITLES.get(name, name)} for name in RBM_PRESETS]
    chosen = bases[0]["value"]
    if from_run:
        chosen = f"run:{from_run}"
        bases.insert(0, {"value": chosen, "label": f"Run: {store.name(from_run)}"})
    base = base_of(chosen, store)
    fields = html.Div(
        [
            dmc.Select(
                id="own-base",
                label="Base",
                description="What all runs have in common. Any run of the lab can be one: see its page.",
                data=bases,
                value=chosen,
                allowDeselect=False,
            ),
            dmc.Select(
                id="own-axis",
                label="Vary",
                description="The one thing that differs between the arms.",
                data=axes(),
                value=TRAINER,
                searchable=True,
                allowDeselect=False,
                maxDropdownHeight=320,
            ),
            html.Div(values_field(TRAINER, base), id="own-values-place", className="own-values"),
            html.Div(
                [
                    whole_number(1, MOST_SEEDS, id="own-seeds", label="Seeds", value=5),
                    whole_number(
                        1,
                        MOST_EPOCHS,
                        id="own-epochs",
                        label="Epochs",
                        value=base.training.epochs,
                        thousandSeparator=",",
                    ),
                ],
                className="own-numbers",
            ),
        ],
        className="own-fields",
    )
    foot = html.Div(
        [
            html.Div(id="own-preview", className="quiet numbers", role="status"),
            dmc.Button("Start", id="own-start", leftSection=icon("play")),
        ],
        className="spread own-foot",
    )
    return html.Section(
        [
            html.H2("Your own comparison", className="title"),
            html.P("One base, one thing that differs, several seeds.", className="quiet"),
            fields,
            foot,
        ],
        className="card padded",
    )


def values_field(axis: str, base: RBMConfig) -> Any:
    """The widget of the values of an axis."""
    options = listed(axis)
    common: dict[str, Any] = {"id": "own-values", "label": "Values", "value": suggested(axis, base)}
    if options is not None:
        return dmc.MultiSelect(data=options, description="Two or more. The first is what the others are compared with.",
                               hidePickedOptions=True, **common)  # fmt: skip
    return dmc.TagsInput(
        description="Two or more numbers, each ended with Enter or a comma. The first is what the others are compared with.",
        splitChars=[",", ";", " "],
        maxTags=12,
        **common,
    )


def base_of(key: Any, store: RunStore) -> RBMConfig:
    """The configuration of "preset:NAME" or "run:ID"; raises :class:`StoreError` where there is none."""
    kind, _, name = key.partition(":") if isinstance(key, str) else ("", "", "")
    if kind == "preset" and name in RBM_PRESETS:
        return RBM_PRESETS[name]
    if kind != "run":
        raise StoreError("there is no such base: choose one from the list")
    config = store.rbm_config(name)
    return config.model_copy(update={"seed": 0, "versions": {}, "replay_of": ""})


def own_study(store: RunStore, base: Any, axis: Any, values: Any, seeds: Any, epochs: Any) -> Own:
    """The study that the form describes."""
    errors: dict[str, str] = {}
    try:
        config = base_of(base, store)
    except StoreError as error:
        return Own(None, {"base": _sentence(error)})
    if isinstance(epochs, bool) or not isinstance(epochs, int) or not 1 <= epochs <= MOST_EPOCHS:
        errors["epochs"] = f"A whole number from 1 to {MOST_EPOCHS:,}"
    else:
        config = changed(config, {"training.epochs": epochs})
    try:
        checked_seeds(seeds)
    except StoreError:
        errors["seeds"] = f"A whole number from 1 to {MOST_SEEDS}"
    arms = ()
    try:
        arms = arms_of(axis, values, config)
    except AxisError as error:
        errors["values"] = _sentence(error)
    if errors:
        return Own(None, errors)
    title = next(item["label"] for group in axes() for item in group["items"] if item["value"] == axis)
    name = _base_title(base, store)
    try:
        study = validate_study(
            {
                "title": f"{title}: {' against '.join(_value(arm.title, title) for arm in arms)}"[:80],
                "question": f"What difference does it make? Base: {name}."[:300],
                "base": config,
                "arms": arms,
                "seeds": seeds,
                "figure": figure_for(config),
            }
        )
    except ConfigError as error:
        return Own(None, {"values": _sentence(error)})
    return Own(study, {})


def figure_for(config: RBMConfig) -> str:
    """The measured figure by which machines like this one are best judged."""
    visible = visible_units(config)
    if config.training.objective != "generative":
        return "error_rate"
    if config.data.dataset in PATTERNS and config.data.drawing == "all":
        return "kl"
    exact = min(visible or config.model.hidden, config.model.hidden) <= ENUMERABLE
    return "test_log_likelihood" if exact else "pseudo_likelihood"


def preview(own: Own) -> str:
    """What will start, or nothing while something is wrong."""
    return f"{cost_words(own.study)}." if own.study else ""


def _base_title(base: str, store: RunStore) -> str:
    kind, _, name = base.partition(":")
    return store.name(name) if kind == "run" else PRESET_TITLES.get(name, name)


def _value(arm: str, axis: str) -> str:
    """The arm's title without the axis, which its study's title says already."""
    return arm.removeprefix(axis).lstrip(": ") or arm


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}"
