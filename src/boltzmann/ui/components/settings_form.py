"""Widgets of a configuration, made from :func:`boltzmann.config.field_spec`, and the way back to plain values.

Every widget has the id ``{"type": "field" | "flag", "form": FORM, "name": "training.epochs"}``; the fields of a sampler
carry its name ("sampler.gibbs.sweeps"), so that each keeps what was typed while another is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, html

from boltzmann.config import SAMPLER_CONFIGS, ConfigError, Part, RunConfig, field_spec, fields_of
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.services import Demo

GROUPS = (("Data", "data"), ("Model", "model"), ("Sampler", "sampler"), ("Training", "training"))
CHOICES = {
    "mnist": "MNIST",
    "digits": "Embedded digits",
    "straight_through": "Straight-through",
    "concrete": "Concrete",
    "gumbel": "Gumbel",
    "mmd": "MMD",
    "elbo": "Evidence lower bound",
    "mse": "Mean squared error",
    "bernoulli": "Cross-entropy",
    "auto": "Automatic",
    "grey": "Grey",
    "binary": "Black and white",
    "28": "28 × 28",
    "32": "32 × 32",
}
OBJECTIVE = "training.objective"
ONLY_FOR = {
    "training.mmd_weight": "mmd",
    "training.mmd_kernels": "mmd",
    "training.kl_weight": "elbo",
    "training.kl_warm_up": "elbo",
}
"""Settings of one objective only: seen while it is the chosen one."""


def run_form(form: str, config: RunConfig, demo: Demo) -> html.Div:
    """All settings of a run, in groups; the advanced ones folded."""
    groups = []
    for title, part in GROUPS:
        if part == "sampler":
            body = sampler_fields(form, config.sampler)
        else:
            values = getattr(config, part)
            names = [f"{part}.{name}" for name in fields_of(type(values))]
            body = _folded(form, names + (["seed"] if part == "training" else []), config, demo)
        groups.append(html.Fieldset([html.Legend(title, className="group-title"), body], className="settings-group"))
    return html.Div(groups)


def sampler_fields(form: str, sampler: Part) -> html.Div:
    """The choice of a sampler, and the settings of each; only the chosen one's are seen."""
    chosen = sampler.name  # type: ignore[attr-defined]
    choice = dmc.Select(
        id=_id("field", form, "sampler.name"),
        label="Sampler",
        value=chosen,
        allowDeselect=False,
        data=[{"value": name, "label": sampler_title(name)} for name in SAMPLER_CONFIGS],
        description="What draws the spin strings.",
    )
    panels = []
    for name, part in SAMPLER_CONFIGS.items():
        values = sampler if name == chosen else part()
        names = [f"sampler.{name}.{field}" for field in fields_of(part)]
        about = html.Div((part.__doc__ or "").strip(), className="quiet", style={"fontSize": 13})
        body = _folded(form, names, {key.rsplit(".", 1)[1]: values for key in names}, None)
        shown = {} if name == chosen else {"display": "none"}
        panels.append(
            html.Div([about, body], id={"type": "sampler", "form": form, "name": name}, style=shown, className="fields")
        )
    return html.Div([choice, *panels], className="fields")


def collect(ids: Iterable[dict[str, str]], values: Iterable[Any]) -> dict[str, Any]:
    """Nested plain values of the widgets, with the fields of the chosen sampler only; ready for validation."""
    flat = {item["name"]: _typed(item["name"], value) for item, value in zip(ids, values, strict=True)}
    chosen = flat.get("sampler.name")
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        path = name.split(".")
        if len(path) == 3:
            if path[1] != chosen:
                continue
            path = [path[0], path[2]]
        place = nested
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return nested


def values_of(config: RunConfig, names: Iterable[str]) -> list[Any]:
    """What the widgets ``names`` show for ``config``; None for a sampler that it does not use."""
    return [_shown(name, config) for name in names]


def error_texts(error: ConfigError | None, names: Iterable[str], sampler: Any) -> list[str | None]:
    """The message for each of the widgets ``names``, None where nothing is wrong."""
    found: dict[str, str] = {}
    for line in str(error).splitlines() if error else ():
        field, _, text = line.partition(": ")
        name = field.split(" ", 1)[0]
        found[name.replace("sampler.", f"sampler.{sampler}.", 1)] = text[:1].upper() + text[1:]
    return [found.get(name) for name in names]


def register(app: Dash) -> None:
    """Show the settings of the chosen sampler and of the chosen objective."""
    app.clientside_callback(
        ClientsideFunction("studio", "samplerFields"),
        Output({"type": "sampler", "form": MATCH, "name": "gibbs"}, "style"),
        *[Output({"type": "sampler", "form": MATCH, "name": name}, "style") for name in list(SAMPLER_CONFIGS)[1:]],
        Input({"type": "field", "form": MATCH, "name": "sampler.name"}, "value"),
        State({"type": "field", "form": MATCH, "name": "sampler.name"}, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("studio", "objectiveFields"),
        *[Output(_only_for(MATCH, name), "style") for name in ONLY_FOR],
        Input(_id("field", MATCH, OBJECTIVE), "value"),
    )


def _folded(form: str, names: list[str], config: Any, demo: Demo | None) -> html.Div:
    def widget(name: str) -> Any:
        made = _widget(form, name, _value(name, config), demo)
        if name not in ONLY_FOR:
            return made
        shown = {} if _value(OBJECTIVE, config) == ONLY_FOR[name] else {"display": "none"}
        return html.Div(made, id=_only_for(form, name), style=shown)

    plain = [name for name in names if not _spec(name)["advanced"]]
    folded = [name for name in names if _spec(name)["advanced"]]
    children: list[Any] = [widget(name) for name in plain]
    if folded:
        widgets = html.Div([widget(name) for name in folded], className="fields")
        children.append(html.Details([html.Summary("More settings"), widgets], className="fold"))
    return html.Div(children, className="fields")


def _widget(form: str, name: str, value: Any, demo: Demo | None) -> Any:
    spec = _spec(name)
    kind = spec["kind"]
    common = {"label": spec["label"], "description": spec["help"], "size": "sm"}
    if kind == "bool":
        return dmc.Switch(id=_id("flag", form, name), checked=bool(value), **common)
    if kind == "choice":
        data = [{"value": str(c), "label": CHOICES.get(str(c), str(c).capitalize())} for c in spec["choices"]]
        return dmc.Select(id=_id("field", form, name), value=str(value), data=data, allowDeselect=False, **common)
    if kind == "str":
        return dmc.TextInput(id=_id("field", form, name), value=value, placeholder="automatic", **common)
    low, high = (demo.ranges.get(name) if demo else None) or (spec["minimum"], spec["maximum"])
    common["description"] = (
        f"{spec['help']} {_number(low)} to {_number(high)}{' ' + spec['unit'] if spec['unit'] else ''}."
    )
    return dmc.NumberInput(
        id=_id("field", form, name),
        value="" if value is None else value,
        min=low,
        max=high,
        step=spec["step"] or 1,
        # The server says what is wrong with a number; quietly moving it into the range would hide that.
        clampBehavior="none",
        allowDecimal=kind == "float",
        thousandSeparator=" ",
        suffix=f" {spec['unit']}" if spec["unit"] else "",
        placeholder="automatic" if spec["optional"] else "",
        **common,
    )


def _typed(name: str, value: Any) -> Any:
    spec = field_spec(name)
    if spec is None:
        return value
    if value in ("", None):
        return None if spec["optional"] else ""
    if spec["kind"] == "choice":
        return next((choice for choice in spec["choices"] if str(choice) == str(value)), value)
    return value


def _shown(name: str, config: RunConfig) -> Any:
    path = name.split(".")
    if len(path) == 3:
        values = config.sampler if config.sampler.name == path[1] else SAMPLER_CONFIGS[path[1]]()
        value = getattr(values, path[2])
    else:
        value = _value(name, config)
    spec = field_spec(name)
    if spec and spec["kind"] == "choice":
        return str(value)
    return "" if value is None else value


def _value(name: str, config: Any) -> Any:
    if isinstance(config, dict):
        last = name.rsplit(".", 1)[1]
        return getattr(config[last], last)
    for key in name.split("."):
        config = getattr(config, key)
    return config


def _spec(name: str) -> dict[str, Any]:
    spec = field_spec(name)
    assert spec is not None, name
    return spec


def _id(kind: str, form: Any, name: str) -> dict[str, Any]:
    return {"type": kind, "form": form, "name": name}


def _only_for(form: Any, name: str) -> dict[str, Any]:
    # Without a dot: in a callback's output Dash would escape it.
    return {**_id("only-for", form, name.rsplit(".", 1)[1]), "objective": ONLY_FOR[name]}


def _number(value: float) -> str:
    return f"{value:,}" if abs(value) >= 1 or value == 0 else f"{value:g}"
