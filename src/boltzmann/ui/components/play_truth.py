"""Truth: how likely a machine finds its data, by which estimate and how sure; shown where it is known, or measured."""

from __future__ import annotations

import math
import time
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from boltzmann.runs.estimate_words import duration
from boltzmann.runs.files import StoreError
from boltzmann.runs.machines import MachineEntry, resolve_machine
from boltzmann.runs.measurements import measured
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import error_card, facts, help_mark, number
from boltzmann.ui.components.play_parts import refusal, section, shown_if
from boltzmann.ui.heartbeat import answered, asked, asked_output, heartbeat, register_heartbeat
from boltzmann.ui.services import Services

TICK = 700
FEW = 0.25
"""Share of effective chains below which the page warns."""

NAMES = {"exact": "Exact", "ais": "AIS", "reverse_ais": "Reverse AIS"}
READERS = {
    "free_energy": "Read by free energy",
    "label_completion": "Read by chains over the labels",
    "features": "Read from the hidden units",
}
HEADS = (
    ("Test", "Mean log p(v) = −F(v) − log Z of the held-out rows, nats a row, label units among them."),
    ("Training", "The same of the training rows."),
    ("log Z", "Logarithm of the partition function: counted where the smaller layer has 25 units or fewer, else estimated by "
     "annealed importance sampling."),
    ("Error", "Standard error of log Z, and so of both likelihoods."),
    ("Spread", "Standard deviation of the logarithms of the chains' weights: above 1 or so, few chains decide."),
    ("Effective chains", "How many equally weighted chains would know log Z as well."),
)  # fmt: skip


def layout(entry: MachineEntry | None, services: Services) -> html.Div:
    """The section: what is known of the machine, or the button that measures it."""
    report = measured(entry) if entry else None
    under_way = services.engine.measurements.under_way(entry.key) if entry else None
    deeds = [
        dmc.Button("Measure it", id="truth-measure", loading=under_way is not None),
        dmc.Button("Cancel", id="truth-cancel", variant="default", disabled=under_way is None),
    ]
    return html.Div(
        [
            html.Div(result(report) if report else _invitation(), id="truth-report", className="stack"),
            section(
                [
                    html.Div(deeds, className="row"),
                    html.Div(id="truth-progress", className="quiet progress-words", role="status"),
                ],
                id="truth-deeds",
                style=shown_if(report is None),
            ),
            dcc.Store(id="truth", data=under_way),
            *heartbeat("truth-tick", TICK, disabled=under_way is None),
        ],
        className="stack",
    )


def register(app: Dash, services: Services) -> None:
    """Measure on a click, follow it, cancel it."""
    engine, measurements = services.engine, services.engine.measurements

    @app.callback(
        Output("truth", "data"),
        Output("truth-progress", "children"),
        Output("truth-measure", "loading"),
        Output("truth-cancel", "disabled"),
        Output("truth-tick", "disabled"),
        asked_output("truth-tick", again=True),
        Input("truth-measure", "n_clicks"),
        State("play-key", "data"),
        prevent_initial_call=True,
    )
    def measure(clicks: Any, key: Any) -> Any:
        if not clicks:
            return (no_update,) * 6
        try:
            name = engine.measure(resolve_machine(key, services.settings, services.store).key)
        except StoreError as error:
            return None, refusal(error), False, True, True, no_update
        return name, None, True, False, False, 0

    @app.callback(
        Output("truth-report", "children"),
        Output("truth-deeds", "style"),
        Output("truth-progress", "children", allow_duplicate=True),
        Output("truth-measure", "loading", allow_duplicate=True),
        Output("truth-cancel", "disabled", allow_duplicate=True),
        Output("truth-tick", "disabled", allow_duplicate=True),
        answered("truth-tick"),
        asked("truth-tick"),
        State("truth", "data"),
        prevent_initial_call=True,
    )
    def look(question: Any, name: Any) -> Any:
        try:
            status = measurements.status(name)
            waited, part = duration(time.time() - measurements.asked(name)), measurements.part(name)
        except StoreError as error:
            return no_update, no_update, refusal(error), False, True, True, question
        if status.active and not engine.error:
            words = f"Measuring {part}" if part else "Waiting for the worker"
            return no_update, no_update, f"{words}: {waited}", True, False, False, question
        if status.state == "finished":
            return result(status.facts), {"display": "none"}, None, False, True, True, question
        failure = engine.error if status.active else status.error
        words = "Cancelled." if status.state == "cancelled" else error_card(failure or {})
        return no_update, no_update, words, False, True, True, question

    register_heartbeat(app, "truth-tick")

    @app.callback(
        asked_output("truth-tick", again=True),
        Input("truth-cancel", "n_clicks"),
        State("truth", "data"),
        prevent_initial_call=True,
    )
    def cancel(clicks: Any, name: Any) -> Any:
        if not clicks or not name:
            return no_update
        if measurements.exists(name):
            engine.cancel(name)
        return 0


def _invitation() -> html.Section:
    words = (
        "Nothing is measured yet. What is measured: the log-likelihood of all rows, exact where the smaller layer can be "
        "enumerated, else by annealed importance sampling in both directions; pseudo-likelihood, free-energy gap, "
        "reconstruction, completion and reading. A small machine takes seconds, one of 784 × 500 units a minute or two; "
        "meanwhile the other sections wait."
    )
    return section([learn_title("How true is it?", "nll-gradient"), html.P(words, className="quiet sampler-words")])


def result(report: dict[str, Any]) -> list[Any]:
    """All figures of a machine.

    Args:
        report: Of :func:`boltzmann.evaluation.rbm.evaluate`.
    """
    likelihoods, rows = report["log_likelihood"], report["rows"]
    heads = [
        (title, words) for title, words in HEADS if "exact" not in likelihoods or title in ("Test", "Training", "log Z")
    ]
    head = [html.Th([title, help_mark(f"{title}. {words}", words)], scope="col") for title, words in heads]
    names = ("test", "train", "log_z", "error", "spread", "effective_chains")[: len(heads)]
    body = [
        html.Tr([html.Th(NAMES.get(way, way), scope="row")] + [html.Td(_cell(found, name)) for name in names])
        for way, found in likelihoods.items()
    ]
    notes = [html.Li(f"{NAMES.get(way, way)}: {one['note']}.") for way, one in likelihoods.items() if one.get("note")]
    likelihood = section(
        [
            learn_title("Log-likelihood, nats a row", "nll-gradient"),
            html.Div(
                html.Table(
                    [html.Thead(html.Tr([html.Th("Estimate", scope="col"), *head])), html.Tbody(body)],
                    className="figures-table study-table",
                ),
                className="table-scroll",
            ),
            html.Ul(notes, className="quiet sampler-words") if notes else None,
            html.P(bounds, className="quiet sampler-words") if (bounds := _bounds(likelihoods)) else None,
            html.P(
                f"Pixels: {report['binarisation']}. {rows['test']:,} held-out and {rows['train']:,} training rows.",
                className="quiet sampler-words",
            ),
        ]
    )
    known = [("KL divergence", _nats(report["kl"]))] if report.get("kl") is not None else []
    known += [
        (f"Pseudo-likelihood, {report['pseudo_likelihood_rows']:,} rows", _nats(report["pseudo_likelihood"])),
        ("Free-energy gap, held-out less training", _nats(report["free_energy_gap"])),
        ("Reconstruction error a unit, held-out", number(report["reconstruction_error"])),
    ]
    cards = [likelihood, _card("Beside it", known)]
    more = _uses(report)
    return [*cards, _card("What it can do", more)] if more else cards


def _bounds(likelihoods: dict[str, Any]) -> str:
    """How to read the two estimates of one likelihood together; empty where it is exact."""
    ais, reverse = likelihoods.get("ais"), likelihoods.get("reverse_ais")
    if not ais or not reverse:
        return ""
    gap, error = ais["test"] - reverse["test"], math.hypot(ais["error"], reverse["error"])
    words = f"Both estimates have errors; on average the truth lies between them. They are {abs(gap):.2f} nats apart"
    if gap >= 0:
        words += ", in the expected order: the optimistic one is the higher."
    else:
        words += f", in crossed order, by {-gap / max(error, 1e-9):.1f} standard errors of the difference: "
        words += (
            "within chance, so they agree."
            if -gap < 2 * error
            else "more than chance explains, so an error is larger than it claims, or the reverse chains began away from "
            "the machine's own samples."
        )
    few = min(one["effective_chains"] / one["chains"] for one in (ais, reverse) if one.get("chains"))
    if few < FEW:
        words += f" Few chains carry the mean, {few:.0%} of them: the errors, taken from these few, may be too small."
    return words


def _card(title: str, figures: list[tuple[str, str]]) -> html.Section:
    return section([html.H2(title, className="title"), html.Div(facts(figures), style={"marginTop": 12})])


def _uses(report: dict[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = [
        (READERS.get(way) or way, f"{one['accuracy']:.2%} ± {one['standard_error']:.2%} of {one['images']:,} images")
        for way, one in (report.get("classification") or {}).items()
    ]
    if half := (report.get("completion") or {}).get("lower"):
        words = (f"{number(half[way]['error'])}" for way in ("machine", "mean_image", "nearest_neighbour"))
        own, mean, nearest = words
        found.append(
            ("Lower half, squared error a pixel", f"{own}; the mean image {mean}, the nearest training image {nearest}")
        )
    return found


def _nats(value: float) -> str:
    return f"{number(value)} nats"


def _cell(found: dict[str, Any], name: str) -> str:
    if name != "effective_chains":
        return _fixed(found.get(name), 2)
    words = _fixed(found.get(name), 1)
    return f"{words} of {found['chains']:,}" if found.get("chains") else words


def _fixed(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}".replace("-", "−")
