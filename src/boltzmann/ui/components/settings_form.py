"""Widgets of a configuration, made from :func:`boltzmann.config.field_spec`, and the way back to plain values.

Every widget has the id ``{"type": "field" | "flag", "form": FORM, "name": "training.epochs"}``; the fields of a sampler
carry its name ("sampler.gibbs.sweeps"), so that each keeps what was typed while another is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from boltzmann.config import SAMPLER_CONFIGS, ConfigError, Part, RBMConfig, RunConfig, field_spec, fields_of
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.ui.components.learn_links import group_links
from boltzmann.ui.components.setting_groups import (
    LED,
    Condition,
    conditions,
    groups,
    meant,
    one_met,
    reached,
    sampler_settings,
)
from boltzmann.ui.components.setting_words import choice_words, empty_words
from boltzmann.ui.services import Demo


def run_form(
    form: str, config: RunConfig | RBMConfig, demo: Demo, instead: Mapping[str, Component] | None = None
) -> html.Div:
    """All settings of a run, in groups; the advanced ones folded.

    Args:
        form: Name of the form, part of every widget's id.
        config: What the widgets show at first; its kind decides which there are.
        demo: The presenter's ranges, for runs of the Studio.
        instead: Widgets of the caller's own, by the name of the field.
    """
    # The ranges are the Studio's: a small machine wants thousands of epochs.
    ranges = demo if isinstance(config, RunConfig) else None
    shown = []
    for title, part in groups(config):
        if part == "sampler":
            body = sampler_fields(form, config.sampler, lab=isinstance(config, RBMConfig))
        else:
            names = [f"{part}.{name}" for name in fields_of(type(getattr(config, part)))]
            body = _folded(form, names + (["seed"] if part == "training" else []), config, ranges, instead)
        about = group_links(type(config), part)
        group = html.Fieldset([html.Legend(title, className="group-title"), about, body], className="settings-group")
        when = conditions(type(config), part)
        shown.append(_only_if(form, part, when, meant(config, part), group) if when else group)
    return html.Div(shown)


def sampler_fields(form: str, sampler: Part, lab: bool = False) -> html.Div:
    """The choice of a sampler, and the settings of each; only the chosen one's are seen. ``lab``: with those for machines of
    the lab."""
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
        names = [f"sampler.{name}.{field}" for field in sampler_settings(name, lab)]
        about = html.Div((part.__doc__ or "").strip(), className="quiet", style={"fontSize": 13})
        body = _folded(form, names, {key.rsplit(".", 1)[1]: values for key in names}, None)
        panel = html.Div([about, body], className="fields")
        panels.append(_only_if(form, f"sampler.{name}", ({"sampler.name": (name,)},), name == chosen, panel))
    return html.Div([choice, *panels], className="fields")


def collect(ids: Iterable[dict[str, str]], values: Iterable[Any], of: type[Part] = RunConfig) -> dict[str, Any]:
    """Nested plain values of the widgets of a kind of run, ready for validation: with the fields of the chosen sampler only,
    and without an inverse temperature that is out of sight, where none could be led."""
    flat = {item["name"]: _typed(item["name"], value, of) for item, value in zip(ids, values, strict=True)}
    chosen = flat.get("sampler.name")
    led = one_met(conditions(of, LED), flat.get)
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        path = name.split(".")
        if path[0] == LED and not led:
            continue
        if len(path) == 3:
            if path[1] != chosen:
                continue
            path = [path[0], path[2]]
        place = nested
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return nested


def values_of(config: RunConfig | RBMConfig, names: Iterable[str]) -> list[Any]:
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


def labelled(line: str, of: type[Part] = RunConfig) -> str:
    """An error's line with the field's label in place of its name: the field itself may be out of view."""
    name, _, rest = line.partition(" ")
    spec = field_spec(name, of)
    return f"{spec['label']} {rest}" if spec else line


def register(app: Dash) -> None:
    """Show what has a meaning beside the other values of its form, and hide the rest."""
    app.clientside_callback(
        ClientsideFunction("studio", "showMeaningful"),
        Output({"type": "only-if", "form": MATCH, "name": ALL, "when": ALL}, "style"),
        Input({"type": "field", "form": MATCH, "name": ALL}, "value"),
        Input({"type": "flag", "form": MATCH, "name": ALL}, "checked"),
    )


def _folded(
    form: str, names: list[str], config: Any, demo: Demo | None, instead: Mapping[str, Component] | None = None
) -> html.Div:
    of = type(config) if isinstance(config, RBMConfig) else RunConfig
    specs = {name: _spec(name, of) for name in names}

    def widget(name: str) -> Any:
        made = (instead or {}).get(name) or _widget(form, name, specs[name], _value(name, config), demo)
        part = name.rpartition(".")[0]
        condition = {f"{part}.{sibling}": values for sibling, values in specs[name]["shown_if"].items()}
        if not condition:
            return made
        shown = all(_value(sibling, config) in values for sibling, values in condition.items())
        return _only_if(form, name, (condition,), shown, made)

    folded = [widget(name) for name in names if specs[name]["advanced"]]
    children: list[Any] = [widget(name) for name in names if not specs[name]["advanced"]]
    if folded:
        children.append(
            html.Details([html.Summary("More settings"), html.Div(folded, className="fields")], className="fold")
        )
    return html.Div(children, className="fields")


def _only_if(form: str, name: str, any_of: tuple[Condition, ...], seen: bool, child: Component) -> html.Div:
    """``child``, seen while one of the conditions is met."""
    when = ";".join(
        "&".join(f"{field}={'|'.join(str(value).lower() for value in values)}" for field, values in condition.items())
        for condition in any_of
    )
    # Without dots: in a callback's output Dash would escape them.
    key = {"type": "only-if", "form": form, "name": name.replace(".", "/"), "when": when.replace(".", "/")}
    return html.Div(child, id=key, style={} if seen else {"display": "none"})


def _widget(form: str, name: str, spec: dict[str, Any], value: Any, demo: Demo | None) -> Any:
    kind = spec["kind"]
    common = {"label": spec["label"], "description": spec["help"], "size": "sm"}
    if kind == "bool":
        return dmc.Switch(id=_id("flag", form, name), checked=bool(value), **common)
    if kind == "choice":
        data = [{"value": str(c), "label": choice_words(c, name)} for c in spec["choices"]]
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
        # The server says what is wrong with a number; quietly moving it into the range, or dropping the point of 12.7, would
        # hide that.
        clampBehavior="none",
        thousandSeparator=",",
        suffix=f" {spec['unit']}" if spec["unit"] else "",
        placeholder=empty_words(name) if spec["optional"] else "",
        **common,
    )


def _typed(name: str, value: Any, of: type[Part]) -> Any:
    spec = field_spec(name, of)
    if spec is None:
        return value
    if value in ("", None):
        return None if spec["optional"] else ""
    if spec["kind"] == "choice":
        return next((choice for choice in spec["choices"] if str(choice) == str(value)), value)
    return value


def _shown(name: str, config: RunConfig | RBMConfig) -> Any:
    path = name.split(".")
    if len(path) == 3:
        values = config.sampler if config.sampler.name == path[1] else SAMPLER_CONFIGS[path[1]]()
        value = getattr(values, path[2])
    else:
        value = _value(name, config)
    spec = field_spec(name, type(config))
    if spec and spec["kind"] == "choice":
        return str(value)
    return "" if value is None else value


def _value(name: str, config: Any) -> Any:
    if isinstance(config, dict):
        last = name.rsplit(".", 1)[1]
        return getattr(config[last], last)
    return reached(config, name)


def _spec(name: str, of: type[Part]) -> dict[str, Any]:
    spec = field_spec(name, of)
    assert spec is not None, name
    return spec


def _id(kind: str, form: Any, name: str) -> dict[str, Any]:
    return {"type": kind, "form": form, "name": name}


def _number(value: float) -> str:
    return f"{value:,}" if abs(value) >= 1 or value == 0 else f"{value:g}"
