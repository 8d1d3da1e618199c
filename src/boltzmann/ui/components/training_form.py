"""The column beside a page's runs: presets, settings, what they will need, and the button that trains; for both rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update, set_props
from dash.development.base_component import Component

from boltzmann.config import ConfigError, RBMConfig, RunConfig
from boltzmann.runs.files import StoreError
from boltzmann.ui.components.parts import aria, icon
from boltzmann.ui.components.settings_form import collect, error_texts, labelled, run_form, values_of
from boltzmann.ui.pages.address import open_run
from boltzmann.ui.services import Preset, Services

OWN = "Settings of your own."


@dataclass(frozen=True)
class Room:
    """What makes one room's form different from the other's.

    Args:
        form: Name of its form.
        prefix: What the ids of its widgets begin with.
        of: Its kind of run.
        validate: From nested values to a configuration; raises :class:`ConfigError`.
        presets: Those that are offered.
        config_of: The settings of a preset.
        stores: Fields of the configuration that a ``dcc.Store`` of the page holds, and its id.
    """

    form: str
    prefix: str
    of: type[RunConfig] | type[RBMConfig]
    validate: Callable[[Any], Any]
    presets: tuple[Preset, ...]
    config_of: Callable[[Preset], Any]
    stores: Mapping[str, str] = field(default_factory=dict)

    def preset(self, key: Any) -> Preset:
        """The preset of that name, the first for any other."""
        return next((preset for preset in self.presets if preset.key == key), self.presets[0])


def settings_column(
    room: Room,
    config: RunConfig | RBMConfig,
    services: Services,
    head: list[Any] | None = None,
    presets: bool = True,
    instead: Mapping[str, Component] | None = None,
) -> html.Aside:
    """The column.

    Args:
        room: Whose.
        config: What the form shows.
        services: Of the app.
        head: What stands above the presets.
        presets: Whether they are offered.
        instead: See :func:`run_form`.
    """
    prefix = room.prefix
    plain = config.model_copy(update={"versions": {}})
    lit = next((preset for preset in room.presets if _is_preset(plain, room.config_of(preset), room.stores)), None)
    choice = html.Div(
        [
            dmc.SegmentedControl(
                id=f"{prefix}preset",
                size="xs",
                fullWidth=True,
                value=lit.key if lit else "",
                data=[{"value": preset.key, "label": preset.title} for preset in room.presets],
                **aria(label="Preset"),
            ),
            html.P(
                lit.blurb if lit else OWN,
                id=f"{prefix}preset-blurb",
                className="quiet",
                style={"fontSize": 13, "margin": "8px 2px 20px"},
            ),
        ],
        style={} if presets else {"display": "none"},
    )
    foot = html.Div(
        [
            dmc.TextInput(id=f"{prefix}run-name", label="Run name", placeholder="optional", size="sm"),
            html.Div(id=f"{prefix}form-alert"),
            html.Div(id=f"{prefix}estimate", className="quiet numbers", style={"fontSize": 13, "margin": "10px 0"}),
            dmc.Button("Train", id=f"{prefix}train", size="md", fullWidth=True, leftSection=icon("play")),
        ],
        className="settings-foot",
    )
    form = run_form(room.form, config, services.demo, instead)
    return html.Aside(
        [html.Div([*(head or []), choice, form], className="settings-scroll"), foot],
        id="settings",
        className="settings-column card",
        **aria(label="Settings"),
    )


def two_columns(column: html.Aside, right: str) -> html.Div:
    """The column, and at its right a place of that id; a handle between them folds the column away."""
    toggle = html.Button(
        [icon("chevron"), html.Span("Settings", className="handle-label")],
        id="toggle-settings",
        type="button",
        className="column-handle",
        title="Show or hide the settings",
        **aria(label="Show or hide the settings", controls="settings"),
    )
    return html.Div(
        [column, html.Div([toggle, html.Div(id=right)], className="right-column")],
        id="columns",
        className="two-columns",
    )


def register_form(
    app: Dash,
    services: Services,
    room: Room,
    words: Callable[[Any], str],
    ready: Callable[[Any], object] = lambda _: None,
) -> None:
    """Fill in presets, say what is wrong or what a run will need, train.

    Args:
        app: The app.
        services: Its services.
        room: Whose form.
        words: What a run will need, in words.
        ready: Called with the settings before a run is made; raises :class:`ConfigError` or :class:`StoreError` where
            something that they name is not there.
    """
    prefix, of = room.prefix, room.of
    widgets = {"form": room.form, "name": ALL}
    fields, flags = {"type": "field", **widgets}, {"type": "flag", **widgets}
    stores = [State(store, "data") for store in room.stores.values()]

    def read(groups: list[Any], stored: tuple[Any, ...]) -> tuple[Any, ConfigError | None, list[list[str]]]:
        names = [[item["id"]["name"] for item in group] for group in groups]
        ids = [item["id"] for group in groups for item in group]
        values = [item.get("value") for group in groups for item in group]
        extra = {name: value or "" for name, value in zip(room.stores, stored, strict=True)}
        try:
            return room.validate({**collect(ids, values, of), **extra}), None, names
        except ConfigError as error:
            return None, error, names

    def alert(error: Exception | None) -> Any:
        lines = [html.Div(labelled(line, of)) for line in str(error).splitlines()]
        return dmc.Alert(lines, title="Please mend these settings", color="red", mt="sm", p="xs")

    @app.callback(
        Output(fields, "value"),
        Output(flags, "checked"),
        Output(f"{prefix}preset-blurb", "children"),
        Input(f"{prefix}preset", "value"),
        prevent_initial_call=True,
    )
    def fill_in(key: Any) -> Any:
        if not key:  # none is lit beside settings of one's own
            return *([no_update] * len(group) for group in ctx.outputs_list[:2]), OWN
        preset = room.preset(key)
        shown = [
            values_of(room.config_of(preset), [item["id"]["name"] for item in group]) for group in ctx.outputs_list[:2]
        ]
        return *shown, preset.blurb

    @app.callback(
        Output(fields, "error"),
        Output(flags, "error"),
        Output(f"{prefix}estimate", "children"),
        Output(f"{prefix}form-alert", "children"),
        Output(f"{prefix}train", "disabled"),
        Input(fields, "value"),
        Input(flags, "checked"),
        State(f"{prefix}preset", "value"),
        *stores,
    )
    def check(values: Any, _flags: Any, key: Any, *stored: Any) -> Any:
        config, error, names = read(ctx.inputs_list, stored)
        sampler = dict(zip(names[0], values, strict=True)).get("sampler.name")
        texts = [error_texts(error, group, sampler) for group in names]
        if key and not _is_preset(config, room.config_of(room.preset(key)), room.stores):
            # No declared output: a preset fills these fields, and Dash takes that for a circle.
            set_props(f"{prefix}preset", {"value": ""})
        if config is None:
            return *texts, "", alert(error), True
        return *texts, words(config), None, False

    @app.callback(
        Output(f"{prefix}form-alert", "children", allow_duplicate=True),
        Output(f"{prefix}run-name", "error"),
        Input(f"{prefix}train", "n_clicks"),
        State(fields, "value"),
        State(flags, "checked"),
        State(f"{prefix}run-name", "value"),
        *stores,
        prevent_initial_call=True,
        running=[(Output(f"{prefix}train", "loading"), True, False)],
    )
    def train(clicks: Any, _fields: Any, _flags: Any, name: Any, *stored: Any) -> Any:
        if not clicks:
            return no_update, no_update
        config, error, _ = read(ctx.states_list[:2], stored)
        if config is None:
            return alert(error), None
        try:
            ready(config)
        except (ConfigError, StoreError) as refused:
            return alert(refused), None
        try:
            run_id = services.store.create(config, name or "")
        except StoreError as refused:
            return no_update, str(refused)
        services.engine.train(run_id)
        open_run(run_id)
        return None, None


def _is_preset(config: Any, preset: Any, apart: Mapping[str, str]) -> bool:
    """Whether the settings are a preset's, but for the fields that the page's stores hold."""
    return config is not None and config.model_copy(update={name: getattr(preset, name) for name in apart}) == preset
