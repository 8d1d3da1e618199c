"""Play with a trained machine: complete, draw, classify, generate, slow motion."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from boltzmann.config import RBMConfig, visible_units
from boltzmann.runs.files import StoreError
from boltzmann.runs.machines import MachineEntry, list_machines, resolve_machine
from boltzmann.runs.measurements import measured
from boltzmann.runs.names import trainer_words
from boltzmann.runs.play import masks_for
from boltzmann.runs.slow_motion import fits
from boltzmann.ui.components import play_classify, play_complete, play_draw, play_generate, play_motion, play_truth
from boltzmann.ui.components.lab_tabs import lab_tabs
from boltzmann.ui.components.parts import error_card, facts, number
from boltzmann.ui.components.play_parts import shown_if, starting
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.pages.address import parameter
from boltzmann.ui.services import Services

TICK = 400
"""Milliseconds between two looks whether the worker is warm."""

SECTIONS = {
    "complete": "Complete",
    "draw": "Draw",
    "classify": "Classify",
    "generate": "Generate",
    "motion": "Slow motion",
    "truth": "Truth",
}
FIGURES = (
    ("kl", "KL divergence", "nats"),
    ("test_log_likelihood", "Test log-likelihood", "nats"),
    ("error_rate", "Error rate", ""),
    ("reconstruction_error", "Reconstruction error", ""),
)
"""What the head says of a machine: at most :data:`SHOWN` of the figures that were measured last."""

SHOWN = 2


def layout(services: Services, search: Any) -> list[Any]:
    """The page; ``?machine=KEY`` chooses the machine, ``&show=SECTION`` what is open."""
    machines = list_machines(services.settings, services.store)
    wanted, section = parameter(search, "machine"), parameter(search, "show")
    entry = _wanted(services, wanted) or (machines[0] if machines else None)
    if entry is not None and entry.key not in [machine.key for machine in machines]:
        machines = [entry, *machines]  # a run of a study is not in the list, but has its address
    return [
        lab_tabs("/lab/play"),
        html.Div(_head(machines, entry), id="play-head"),
        html.Div(starting(), id="play-starting", style=shown_if(not services.engine.ready)),
        html.Div(_body(entry, section, services), id="play-body"),
        dcc.Store(id="play-ready", data=services.engine.ready),
        *heartbeat("play-tick", TICK, disabled=services.engine.ready),
    ]


def register(app: Dash, services: Services) -> None:
    """Choose a machine, wait for the worker; the sections have callbacks of their own."""

    @app.callback(
        Output("play-body", "children"),
        Output("play-facts", "children"),
        Input("play-machine", "value"),
        State("play-tabs", "value"),
        prevent_initial_call=True,
    )
    def choose(key: Any, section: Any) -> Any:
        entry = resolve_machine(key, services.settings, services.store)
        return _body(entry, section, services), _facts(entry)

    @app.callback(
        Output("play-ready", "data"),
        Output("play-tick", "disabled"),
        Output("play-starting", "children"),
        Output("play-starting", "style"),
        answered("play-tick"),
        asked("play-tick"),
        prevent_initial_call=True,
    )
    def wait(question: Any) -> Any:
        engine = services.engine
        if engine.ready:
            return True, True, None, {"display": "none"}, question
        words = error_card(engine.error) if engine.error else starting()
        return no_update, no_update, words, {}, question

    register_heartbeat(app, "play-tick")
    app.clientside_callback(
        ClientsideFunction("pad", "remember"),
        Output("play-shown", "data"),
        Input("play-tabs", "value"),
        Input("play-key", "data"),
    )
    for section in (play_complete, play_draw, play_classify, play_generate, play_motion, play_truth):
        section.register(app, services)


def _wanted(services: Services, key: str | None) -> MachineEntry | None:
    try:
        return resolve_machine(key, services.settings, services.store) if key else None
    except StoreError:
        return None


def _head(machines: list[MachineEntry], entry: MachineEntry | None) -> html.Section:
    if entry is None:
        words = html.P(
            "A machine appears here as soon as a run of the lab has saved its first checkpoint. Until then, slow motion "
            "shows a new one.",
            className="quiet",
            style={"margin": "6px 0 10px"},
        )
        return html.Section(
            [
                html.H1("No machine to play with yet", className="title"),
                words,
                dmc.Anchor("Train a machine", href="/lab", fw=500),
            ],
            className="card padded",
        )
    choice = dmc.Select(
        id="play-machine",
        label="Machine",
        value=entry.key,
        data=[{"value": machine.key, "label": machine.title} for machine in machines],
        allowDeselect=False,
        searchable=True,
        nothingFoundMessage="No machine has this name",
        className="play-choice",
    )
    return html.Section(
        [
            html.H1("Play with a machine", className="title"),
            html.Div([choice, html.Div(_facts(entry), id="play-facts")], className="play-head"),
        ],
        className="card padded",
    )


def _facts(entry: MachineEntry) -> html.Dl:
    config, metrics = entry.config, _latest(entry)
    visible = visible_units(config)
    units = f"{visible} + {config.model.hidden}" if visible is not None else f"{config.model.hidden} hidden"
    known = [
        (title, _rate(metrics) if name == "error_rate" else f"{number(metrics[name])} {unit}".strip())
        for name, title, unit in FIGURES
        if isinstance(metrics.get(name), int | float)
    ]
    return facts(
        [
            ("Data", _data_words(config)),
            ("Units", units + (", labels among them" if config.model.label_units else "")),
            ("Trained by", trainer_words(config)),
            *known[:SHOWN],
        ]
    )


def _rate(metrics: dict[str, Any]) -> str:
    return f"{metrics['error_rate']:.2%}" + (f" of {metrics['images']:,}" if metrics.get("images") else "")


def _latest(entry: MachineEntry) -> dict[str, Any]:
    """The figures of the machine's measurement of all rows; before there is one, those of its training."""
    report, trained = measured(entry), entry.trained.get("metrics")
    if report is None:
        return trained if isinstance(trained, dict) else {}
    likelihoods, reading = report["log_likelihood"], (report.get("classification") or {}).get("free_energy")
    return {
        "kl": report.get("kl"),
        "test_log_likelihood": likelihoods.get("exact", {}).get("test"),
        "error_rate": 1 - reading["accuracy"] if reading else None,
        "images": reading["images"] if reading else None,
        "reconstruction_error": report.get("reconstruction_error"),
    }


def _data_words(config: RBMConfig) -> str:
    data = config.data
    return {
        "shifting_bars": f"shifting bars of {data.length}",
        "inverted_bars": f"inverted bars of {data.length}",
        "bars_and_stripes": f"bars and stripes {data.side} × {data.side}",
        "digits": "digits 8 × 8",
        "mnist": f"MNIST {data.image_size} × {data.image_size}",
        "table": "a table",
    }[data.dataset]


def _body(entry: MachineEntry | None, section: Any, services: Services) -> list[Any]:
    """The sections. All are always there, since their callbacks belong to the page; one that does not fit the machine
    cannot be opened."""
    config = entry.config if entry else RBMConfig()
    data = config.data
    digits = data.dataset in ("mnist", "digits")
    lines = data.dataset in ("shifting_bars", "inverted_bars")
    known = lines or (data.dataset == "bars_and_stripes" and data.drawing != "split")
    small = entry is not None and not config.model.label_units and fits(visible_units(config), config.model.hidden)
    possible = {
        "complete": entry is not None,
        "draw": digits,
        "classify": digits or data.dataset == "table",
        "generate": entry is not None,
        "motion": True,
        "truth": entry is not None,
    }
    if entry is None:
        possible |= dict.fromkeys(("draw", "classify"), False)
    opened = section if possible.get(section) else next(name for name, fit in possible.items() if fit)
    panels = {
        "complete": play_complete.layout(masks_for((1, data.length) if lines else (2, 2)), digits, known),
        "draw": play_draw.layout(),
        "classify": play_classify.layout(config.model.label_units),
        "generate": play_generate.layout(config.model.label_units),
        "motion": play_motion.layout(entry.key if entry else "", small),
        "truth": play_truth.layout(entry, services),
    }
    names = dmc.TabsList(
        [dmc.TabsTab(title, value=name, disabled=not possible[name]) for name, title in SECTIONS.items()]
    )
    shown = [dmc.TabsPanel(panel, value=name, pt=20) for name, panel in panels.items()]
    return [
        dcc.Store(id="play-key", data=entry.key if entry else None),
        dcc.Store(id="play-shown"),
        html.Div(id="play-busy", className="quiet"),
        dmc.Tabs([names, *shown], id="play-tabs", value=opened, className="play-tabs"),
    ]
