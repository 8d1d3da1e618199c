"""The tempering benchmark's numbers as Markdown."""

from __future__ import annotations

from typing import Any

import numpy as np

WANTED = 1.2
"""Times the floor: there a sampler has arrived."""


def table(found: dict[str, Any]) -> str:
    """Markdown: a column for each way to spend updates; each cell the range over the seeds."""
    plain, tempered = found["plain"], found["tempering"]
    short = found["reads"] * found["prior"]["nodes"] * found["sweeps"]
    at = int(np.searchsorted(plain[0]["updates"], short))
    columns = [
        (f"plain, {found['sweeps']:,} sweeps", [_cells(c, at, 0) for c in plain]),
        ("plain, more of both than tempering", [_cells(c, -1, 1) for c in plain]),
        (f"tempering, {found['sweeps']:,} sweeps", [_cells(c, -1, 0) for c in tempered]),
    ]
    lines = [f"| | {' | '.join(title for title, _ in columns)} |", "| --- |" + " --- |" * len(columns)]
    lines += [f"| {name} | {' | '.join(_range(cells, name) for _, cells in columns)} |" for name in columns[0][1][0]]
    return "\n".join([*lines, "", *(f"- {sentence}" for sentence in _sentences(found))])


def _sentences(found: dict[str, Any]) -> list[str]:
    truth, own = found["truth"], found["by_itself"]
    draws = [f"{share:.2f}" for share in (*truth["draws"], truth["draws_mean"])]
    lines = [
        f"Floor: {truth['floor']:.4f}. Batches of {found['reads']} independent samples lie at {draws[0]} to {draws[2]} of it "
        f"(5% to 95%), {draws[3]} in root mean square. Standard error of the truth: {truth['uncertainty']:.2f} of the floor."
    ]
    if truth["disagreement"] is not None:
        lines += [f"Its two runs differ by {truth['disagreement']:.2f} times what their standard errors predict."]
    for name in ("tempering", "plain"):
        arrival = arrived(found[name])
        when = (
            "not within what it was given"
            if arrival is None
            else f"after {arrival[0] / 1e6:,.0f} million updates, {arrival[1]:.2f} s"
        )
        lines += [f"{name.capitalize()} arrives at {WANTED} times the floor: {when}."]
    return [
        *lines,
        f"By itself the sampler called plain chains {_words(own, 'plain')}, tempered until it could say "
        f"{_words(own, 'verdict')}, and took {_joined([call['seconds'] for call in own], '{:.1f}')} s for reads at "
        f"{_joined([call['error'] for call in own], '{:.2f}')} times the floor.",
        f"{found['levels']} levels; {len(own)} seeds; {found['engine']}.",
    ]


def arrived(runs: list[dict[str, Any]]) -> tuple[float, float] | None:
    """Updates and seconds, averaged over seeds, at which their root mean square error first is WANTED floors."""
    errors = np.sqrt(np.mean(np.square([course["errors"] for course in runs]), axis=0))
    there = np.flatnonzero(errors <= WANTED)
    if not len(there):
        return None
    updates, seconds = (np.mean([course[what][there[0]] for course in runs]) for what in ("updates", "seconds"))
    return float(updates), float(seconds)


def _cells(course: dict[str, Any], point: int, examined: int) -> dict[str, Any]:
    mixing = course["mixing"][examined]
    return {
        "million spin updates": course["updates"][point] / 1e6,
        "seconds": course["seconds"][point],
        "error of edge correlations / floor": course["errors"][point],
        "R-hat of the energy": mixing["energy_r_hat"],
        "R-hat of the spins": mixing["spin_r_hat"],
        "R-hat of the edges": mixing["edge_r_hat"],
        "overlap with the start": abs(mixing["start_overlap"]),
        "apparent inverse temperature": course["beta"],
        "verdict": mixing["verdict"],
    }


def _range(cells: list[dict[str, Any]], name: str) -> str:
    values = [cell[name] for cell in cells]
    if name == "verdict":
        return ", ".join(sorted(set(values)))
    if name == "error of edge correlations / floor":
        return f"{np.sqrt(np.mean(np.square(values))):.1f} ({_joined(values, '{:.1f}')})"
    return _joined(values, {"million spin updates": "{:,.0f}", "seconds": "{:.1f}"}.get(name, "{:.2f}"))


def _joined(values: list[float], form: str) -> str:
    low, high = form.format(min(values)), form.format(max(values))
    return low if low == high else f"{low} to {high}"


def _words(own: list[dict[str, Any]], what: str) -> str:
    return ", ".join(sorted({f'"{found[what]}"' for found in own}))
