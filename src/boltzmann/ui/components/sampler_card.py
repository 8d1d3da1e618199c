"""A sampler in the list: whether it can be used, what it can do, its chip, what its last calls measured."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import dash_mantine_components as dmc
from dash import html

from boltzmann.config import CLOUD_SAMPLERS, SAMPLER_CONFIGS
from boltzmann.runs.last_reports import report_pairs
from boltzmann.runs.sampler_words import sampler_title
from boltzmann.samplers.cloud.access_steps import NOTES, STATES, STEPS, TRY, Step
from boltzmann.ui.components.parts import aria, facts

COLOURS = {"ready": "green", "simulated_service": "accent", "needs_access": "yellow", "unreachable": "red"}
TAKES_NO_TEMPERATURE = ("dynex",)
Row = dict[str, Any]


def sampler_card(name: str, row: Row | None, looking: bool, last: dict[str, Any] | None) -> list[Any]:
    """The contents of a card.

    Args:
        name: Of the sampler.
        row: As ``boltzmann samplers --json`` says it; None while nothing is known.
        looking: Whether a newer one is under way.
        last: Its last report, see :func:`boltzmann.runs.last_reports.last_reports`.
    """
    row = row or {}
    access = row.get("access") or ({} if name in CLOUD_SAMPLERS else {"state": "ready", "available": True})
    chip = access.get("chip")
    body = [
        html.Div([html.H2(sampler_title(name), className="title"), badge(access, looking)], className="row"),
        html.P(row.get("description") or _about(name), className="quiet"),
        *_status(name, access, looking),
        *([facts(abilities(name, row))] if "cost" in row else []),
        *([html.P(row["lacks"], className="quiet")] if row.get("lacks") else []),
        *_solvers(access.get("solvers") or []),
        _measured(last),
    ]
    if access.get("available"):
        body.append(dmc.Anchor("Train with it", href=f"/?sampler={name}", fw=500))
    if name not in STEPS:
        beside = []
    elif access.get("state") == "needs_access":
        beside = [
            html.Div([html.H3("How to get access", className="group-title"), *_steps(name)], className="sampler-steps")
        ]
    else:
        beside = []
        body.append(html.Details([html.Summary("How to get access"), *_steps(name)], className="fold sampler-steps"))
    beside += [_chip(name, chip)] if chip else []
    return [html.Div(body, className="sampler-body"), *beside]


def badge(access: dict[str, Any], looking: bool) -> Any:
    """Ready, or what stands in the way."""
    state = access.get("state")
    if state is None:
        return dmc.Badge(
            "looking" if looking else "not known", color="gray", variant="light", className="state", tt="none"
        )
    return dmc.Badge(STATES[state], color=COLOURS[state], variant="light", className="state", tt="none")


def abilities(name: str, row: Row) -> list[tuple[str, str]]:
    """What it can and cannot do, as names and values."""
    temperature = "known: it samples at the model's own" if row["temperature_known"] else "estimated from the samples"
    if name in TAKES_NO_TEMPERATURE:
        temperature = "it takes none; every batch's is estimated"
    pairs = [
        ("Temperature", temperature),
        ("Holding spins", "any of them" if row["clamping"] else "none"),
        ("Same seed", "same samples" if row["reproducible"] else "other samples each time"),
        ("Cost", row["cost"]),
    ]
    if row.get("max_nodes"):
        pairs.append(("Spins at most", f"{row['max_nodes']:,}"))
    for key, label in (("linear_range", "Range of h"), ("quadratic_range", "Range of J")):
        if row.get(key):
            pairs.append((label, " to ".join(f"{end:g}".replace("-", "−") for end in row[key])))
    return pairs


def chip_key(chip: dict[str, Any]) -> str:
    """Differs where the picture does."""
    return hashlib.sha256(json.dumps(chip, sort_keys=True).encode()).hexdigest()[:12]


def _about(name: str) -> str:
    return (SAMPLER_CONFIGS[name].__doc__ or "").strip()


def _status(name: str, access: dict[str, Any], looking: bool) -> list[Any]:
    if name not in CLOUD_SAMPLERS:
        return []
    if "why" not in access:
        return [html.P("Asking the service: some seconds.", className="quiet", role="status")] if looking else []
    words = [html.P(f"{access['why']} {access['mend']}".strip())]
    details = []
    if access.get("endpoint"):
        details.append(f"Endpoint {access['endpoint']}")
    if access.get("given"):
        details.append("Set: " + ", ".join(f"{one['name']} ({one['where']})" for one in access["given"]))
    if access.get("simulated_service"):
        words.append(html.P("A simulated service: no real hardware answers there, and nothing is charged."))
    elif access.get("on_this_machine"):
        words.append(
            html.P("A service on this machine, which may pass on what it is asked to a real one: calls may be charged.")
        )
    return [html.Div([*words, *[html.P(line, className="quiet") for line in details]], className="sampler-words")]


def _solvers(solvers: list[dict[str, Any]]) -> list[Any]:
    if not solvers:
        return []
    head = html.Thead(html.Tr([html.Th(text) for text in ("Solver", "Topology", "Qubits", "Queue load")]))
    rows = [
        html.Tr([html.Td(_text(solver, key)) for key in ("name", "topology", "qubits", "queue")]) for solver in solvers
    ]
    return [html.Div(html.Table([head, html.Tbody(rows)], className="solvers numbers"), className="wide")]


def _text(solver: dict[str, Any], key: str) -> str:
    value = solver.get(key)
    if value is None:
        return "–"
    return f"{value:.0%}" if key == "queue" else f"{value:,}" if isinstance(value, int) else str(value)


def _chip(name: str, chip: dict[str, Any]) -> html.Figure:
    lost = [
        f"{len(chip[key]):,} {what}{'' if len(chip[key]) == 1 else 's'}"
        for key, what in (("missing_qubits", "qubit"), ("missing_couplers", "coupler"))
        if chip[key]
    ]
    words = f"{chip['solver'] or 'A perfect chip, in software'}: {chip['topology'].capitalize()}({chip['size']}), "
    words += f"{chip['qubits']:,} qubits and {chip['couplers']:,} couplers work"
    words += f"; broken, in orange: {' and '.join(lost)}." if lost else "."
    alt = f"The chip of {sampler_title(name)}"
    # One picture for each colour scheme, as grounds: the hidden one is never loaded.
    pictures = [
        html.A(
            html.Div(style={"backgroundImage": f"url('{source}')"}, role="img", **aria(label=alt)),
            href=source,
            target="_blank",
            title="Open the picture in full size",
            className=f"only-{scheme}",
        )
        for scheme in ("light", "dark")
        for source in [f"/files/samplers/{name}/chip.png?scheme={scheme}&key={chip_key(chip)}"]
    ]
    return html.Figure([*pictures, html.Figcaption(words, className="quiet")], className="sampler-chip")


def _measured(last: dict[str, Any] | None) -> html.Div:
    head = html.H3("What the last calls measured", className="group-title")
    if not last:
        return html.Div([head, html.P("Nothing yet: no run has used it.", className="quiet")], className="measured")
    info = last["info"]
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(last["when"]))
    marks = ["a replay of recorded answers"] if info.get("replay") else []
    marks += ["from a simulated service"] if info.get("simulated_service") else []
    run = dmc.Anchor(last["name"], href=f"/?run={last['run']}", inherit=True)
    source = html.P(
        ["Run ", run, f", step {last['step']:,}, {when}{''.join(f', {mark}' for mark in marks)}."], className="quiet"
    )
    return html.Div([head, facts(report_pairs(last)), source], className="measured")


def _steps(name: str) -> list[Any]:
    steps = [html.Li(_step(step)) for step in (*STEPS[name], TRY[name])]
    return [html.Ol(steps), html.P(NOTES[name], className="quiet")]


def _step(step: Step) -> list[Any]:
    link = [" ", dmc.Anchor(step.link.removeprefix("https://"), href=step.link, target="_blank", inherit=True)]
    shown: list[Any] = [step.words, *(link if step.link else [])]
    if step.lines:
        copy = dmc.CopyButton("Copy", copiedChildren="Copied", value=step.lines, size="compact-xs", variant="default")
        shown.append(html.Div([html.Pre(step.lines), copy], className="code-line"))
    return shown
