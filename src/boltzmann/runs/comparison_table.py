"""A comparison's figures as a table of words: the page and the command line show the same."""

from __future__ import annotations

import math
from typing import Any

from boltzmann.runs.sampler_words import is_number, measured, mixing_words, temperature_note, verdict

COLUMNS = (
    ("Frechet distance", "How far the digits are from MNIST's test images. It is larger for fewer reads, so compare it with "
     "its own column only; the best row has as many real training images."),
    ("Edge correlations off by", "Root mean square over the edges of <s_i s_j>, less the reference's. The best row is what "
     "as many independent reads of the exact law would be off by, and what 95 in 100 such draws stay below."),
    ("Effective β", "The inverse temperature that the reads look drawn at: 1 is the model's own. A right value is no "
     "evidence of equilibrium."),
    ("Energy above equilibrium", "Mean energy less the reference's, in units of the temperature."),
    ("Distinct reads", "Spin strings that differ from each other."),
    ("Sampling", "Wall time of drawing the reads, in seconds, without what a sampler first does to find its temperature."),
    ("QPU time", "Access time that the service reports, with what it took to find the temperature. Wall: how long the calls "
     "took, of a service that reports no access time."),
    ("Cost", "Of that time, at the price in the sampler's settings."),
)  # fmt: skip
"""Heading and meaning of each column behind the sampler's name."""
NONE = "–"


def best(report: dict[str, Any]) -> list[str]:
    """The cells of what no sampler can beat, but by chance."""
    floors = report.get("floors") or {}
    distance = floors.get("frechet_distance")
    edges, most = _plain(floors.get("edge_error")), floors.get("edge_error_95")
    edges = f"{edges} (to {most:.2g})" if most else edges
    return [f"{distance:.1f}" if distance else NONE, edges, "1", "0", *[NONE] * 4]


def cells(row: dict[str, Any]) -> list[str]:
    """The cells of the reference or of a sampler that has answered."""
    note = row.get("inverse_temperature_note")
    beta = None if note else row.get("inverse_temperature")
    distinct, share = row.get("distinct"), row.get("distinct_share")
    return [
        _distance(row.get("frechet_distance"), row.get("frechet_error")),
        _plain(row.get("edge_error")),
        measured(beta, row.get("inverse_temperature_error")),
        measured(row.get("energy_above"), row.get("energy_above_error")),
        f"{distinct:,} ({math.floor(1000 * share) / 10:g}%)" if distinct and share else NONE,
        _seconds(row.get("seconds")),
        _seconds(row.get("qpu_seconds")) + (" (wall)" if (row.get("info") or {}).get("seconds_are") == "wall" else ""),
        f"{row['cost']:.2f}" if is_number(row.get("cost")) else NONE,
    ]


def notes(row: dict[str, Any]) -> str | None:
    """What a sampler's own report says that its figures do not: where the model lay on the chip, what was cut off."""
    info = row.get("info") or {}
    words = [
        "A replay of recorded answers." if info.get("replay") else None,
        "A simulated service, no quantum computer." if info.get("simulated_service") else None,
        (info.get("placement") or {}).get("summary"),
        f"Broken chains: {info['chain_break_fraction']:.1%}."
        if (info.get("chain_break_fraction") or 0) >= 0.0005
        else None,
        f"{info['clipped']:,} coefficients were clipped to the chip's ranges." if info.get("clipped") else None,
        mixing_words(info, row["sampler"]) if verdict(info) in ("slow", "stuck") else None,
        temperature_note(info),
    ]
    return " ".join(filter(None, words)) or None


def caption(report: dict[str, Any]) -> str:
    """Under which conditions the figures were made, and what is wrong with them."""
    reference = report.get("reference") or {}
    words = [f"{report['reads']:,} reads of each sampler, decoded."]
    if reference:
        words.append(
            f"The reference: {reference['reads']:,} reads by parallel tempering, whose own edge correlations are off by "
            f"{_plain(reference.get('edge_error'))}."
        )
        if reference.get("mixing") not in (None, "mixing"):
            words.append(f'Its replicas\' verdict is "{reference["mixing"]}": take its figures with a grain of salt.')
    return " ".join([*words, *filter(None, [report.get("not_judged")])])


def _plain(value: Any) -> str:
    return f"{value:.3g}" if is_number(value) else NONE


def _distance(value: Any, error: Any) -> str:
    return f"{value:.1f} ± {error:.1f}" if is_number(value) and is_number(error) else NONE


def _seconds(value: Any) -> str:
    return f"{value:.3g} s" if is_number(value) else NONE
