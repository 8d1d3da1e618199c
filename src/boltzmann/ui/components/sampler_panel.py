"""How the sampler does: the verdict on its mixing, its temperature over the run, and the numbers behind them."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import Part
from boltzmann.runs.sampler_words import (
    inverse_temperature,
    is_number,
    measured,
    mixing_words,
    temperature_note,
    tempering_words,
    verdict,
)
from boltzmann.ui.components.learn_links import learn_link
from boltzmann.ui.components.parts import aria, brief, facts, number, verdict_badge
from boltzmann.ui.components.report_curve import report_curve


def sampler_panel(sampler: Part | None, prefix: str = "", file: str = "run") -> html.Section:
    """The panel that the stream of the page whose ids begin with ``prefix`` fills, with the curves that ``sampler`` reports
    (None: not known); ``file`` begins the names of their saved pictures."""
    fields = type(sampler).model_fields if sampler else {}
    curves = [
        "temperature",
        *(["prefactor"] if "prefactor" in fields else []),
        *(["r_hat"] if "tempering" in fields else []),
    ]
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Sampler", className="title"),
                    html.Div(id=f"{prefix}sampler-badges", className="row", **aria(live="polite")),
                    learn_link("annealers-as-samplers"),
                ],
                className="row",
            ),
            html.Div(
                html.P("Its report appears with the first steps.", className="quiet"),
                id=f"{prefix}sampler-report",
                className="sampler-words",
            ),
            html.Div(
                [report_curve(name, prefix, file) for name in curves], className="reports" if len(curves) > 1 else ""
            ),
            html.Div(id=f"{prefix}sampler-facts"),
            html.Details(
                [html.Summary("The numbers behind it"), html.Div(id=f"{prefix}sampler-more")], className="fold"
            ),
        ],
        className="card padded sampler-panel",
        **aria(label="Sampler"),
    )


def last_report(report: dict[str, Any], sampler: str) -> list[Any]:
    """The children of ``sampler-badges``, ``sampler-report``, ``sampler-facts`` and ``sampler-more`` for a last report."""
    info = report["info"]
    return [badges(info), words(info, sampler), report_facts(report), details(info)]


def badges(info: dict[str, Any]) -> list[Any]:
    """The verdict, and whether replicas were tempered."""
    found = verdict(info)
    shown = [verdict_badge(found, found)] if found else []
    if info.get("tempering"):
        shown.append(dmc.Badge("parallel tempering", variant="outline", tt="none", color="gray", className="sampler"))
    return shown


def words(info: dict[str, Any], sampler: str) -> list[Any]:
    """The verdict's sentence, how tempering does, and what is wrong with the temperature."""
    notes = [tempering_words(info), temperature_note(info)]
    return [
        html.P(mixing_words(info, sampler)),
        *[html.P(note, className="quiet") for note in notes if note],
    ]


def report_facts(report: dict[str, Any]) -> Any:
    """The numbers that everyone looks for."""
    info = report["info"]
    pairs = [("Sampling, last step", brief(report["seconds"] or 0.0))]
    pairs += [("Engine", str(info["engine"]))] if info.get("engine") else []
    for key, label in (("mean_energy", "Mean energy"), ("clipped", "Clipped coefficients")):
        if is_number(info.get(key)):
            pairs.append((label, number(info[key])))
    if is_number(info.get("beta")):
        pairs.append(("Programmed for β", number(info["beta"])))
    if is_number(info.get("hardware_beta")):
        error = info.get("hardware_beta_error")
        pairs.append(("Its own β, estimated", measured(info["hardware_beta"], error if is_number(error) else None)))
    return facts(pairs + _service(info))


def _service(info: dict[str, Any]) -> list[tuple[str, str]]:
    """What a report says of the service that was asked."""
    placement = info.get("placement")
    pairs = [
        (label, str(info[key])) for key, label in (("solver", "Solver"), ("endpoint", "Endpoint")) if info.get(key)
    ]
    pairs += [("Placement", str(placement.get("summary", "")))] if isinstance(placement, dict) else []
    if is_number(info.get("chain_break_fraction")):
        pairs.append(("Broken chains", f"{info['chain_break_fraction']:.1%}"))
    if is_number(info.get("total_calls")):
        pairs.append(("Calls of this run", f"{info['total_calls']:,.0f}, {info.get('total_reads') or 0:,.0f} reads"))
    if is_number(info.get("total_qpu_seconds")):
        kind = "Wall time of calls" if info.get("seconds_are") == "wall" else "Access time of this run"
        pairs.append((kind, brief(info["total_qpu_seconds"])))
    if is_number(info.get("total_cost")):
        pairs.append(("Cost at your price", f"{info['total_cost']:,.2f}"))
    return pairs


def details(info: dict[str, Any]) -> list[Any]:
    """What the last look at the mixing measured, and how plain chains would do where replicas are tempered."""
    mixing, plain = info.get("mixing") or {}, info.get("plain_mixing") or {}
    shown: list[Any] = []
    if mixing:
        time = mixing.get("autocorrelation_sweeps")
        # Without an autocorrelation time the count of independent samples is only that of the chains.
        rate = mixing.get("effective_samples_per_second") if time is not None else None
        pairs = [
            ("R-hat of the spins", _r_hat(mixing, "spin_r_hat")),
            ("R-hat of the edges", _r_hat(mixing, "edge_r_hat")),
            ("What the energy alone would say", f"R-hat {_r_hat(mixing, 'energy_r_hat')}"),
            ("Autocorrelation time", f"{number(time)} sweeps" if is_number(time) else "longer than the look"),
            ("Independent samples", f"{number(rate)} per second" if is_number(rate) else "–"),
            ("Looked at", f"{number(mixing.get('chains'))} chains, {number(mixing.get('sweeps'))} sweeps"),
        ]
        shown.append(facts(pairs))
        shown.append(
            html.P(
                "R-hat compares chains with each other: 1 when all tell the same story. In a glass the energy settles long "
                "before the spins do, so the verdict asks spins and edges, never the energy.",
                className="quiet",
            )
        )
    if plain.get("sentence"):
        shown.append(html.P(f"Plain chains, without tempering. {plain['sentence']}", className="quiet"))
    value, error = inverse_temperature(info)
    if value is not None:
        shown.append(
            html.P(
                f"The samples look drawn at {measured(value, error)} times the model's inverse temperature (maximum "
                "pseudo-likelihood). A right value is no evidence of equilibrium: it asks each spin and its neighbours only.",
                className="quiet",
            )
        )
    return shown


def _r_hat(mixing: dict[str, Any], key: str) -> str:
    value = mixing.get(key)
    return f"{value:.2f}" if is_number(value) else "infinite"
