"""What a sampler's report says, in plain words: the page and the command line say the same.

A report is the ``Samples.info`` of one call. Those stored by earlier versions lack the newer keys.
"""

from __future__ import annotations

import math
from typing import Any

SAMPLER_TITLES = {
    "gibbs": "Gibbs sampling",
    "annealing": "Simulated annealing",
    "simulated_qpu": "Simulated QPU",
    "dwave": "D-Wave QPU",
    "exact": "Exact enumeration",
}
VERDICTS = ("mixing", "slow", "stuck")
INDEPENDENT = {
    "exact": "Each read is drawn from the exact distribution: no chain to mix.",
    "annealing": "Each read is a chain of its own from a random start. Nothing here says whether its sweeps suffice.",
    "dynex": "Each read is an answer of its own. Dynex takes no temperature: what its answers look drawn at is estimated for "
    "every batch, and is no evidence of equilibrium.",
}
ANNEALED = (
    "Each read is an independent anneal: no chain to mix. The effective inverse temperature tells whether each spin agrees "
    "with its neighbours as the model asks, but is no evidence of equilibrium."
)
LATER = "The mixing has not been looked at since the run was resumed; it is looked at every 50 steps."
EARLIER = "This report was stored before mixing was examined."
PLAIN = {
    "mixing": "plain chains would mix, too",
    "slow": "plain chains would be slow",
    "stuck": "plain chains would be stuck",
}


def sampler_title(name: str) -> str:
    """What a person calls the sampler ``name``."""
    return SAMPLER_TITLES.get(name, name.replace("_", " ").capitalize())


def verdict(info: dict[str, Any]) -> str | None:
    """ "mixing", "slow" or "stuck"; None where the mixing was not examined."""
    found = _part(info, "mixing").get("verdict")
    return found if found in VERDICTS else None


def mixing_words(info: dict[str, Any], sampler: str) -> str:
    """The verdict's sentence, or why there is none.

    Args:
        info: The report.
        sampler: Name of the sampler ("gibbs", "simulated_qpu").
    """
    if verdict(info):
        return str(_part(info, "mixing").get("sentence", ""))
    if sampler != "gibbs":
        return INDEPENDENT.get(sampler, ANNEALED)
    return LATER if "mixing" in info else EARLIER


def tempering_words(info: dict[str, Any]) -> str | None:
    """How the ladder of replicas does, and why there is one; None where there is nothing to say."""
    ladder = _part(info, "tempering")
    if ladder:
        share, trips = ladder.get("swap_rate"), ladder.get("round_trips_per_1000_sweeps")
        words = [f"{ladder.get('levels')} levels"]
        words += [f"{share:.0%} of swaps accepted"] if is_number(share) else []
        words += [f"{trips:.2g} round trips a replica per 1,000 sweeps"] if is_number(trips) else []
        plain = PLAIN.get(_part(info, "plain_mixing").get("verdict", ""))
        return f"Parallel tempering: {', '.join(words)}{f'; {plain}' if plain else ''}."
    if verdict(info) in ("slow", "stuck"):
        return "Parallel tempering is off: set to Automatic, it would be used here."
    return None


def sampler_words(info: dict[str, Any], sampler: str) -> str:
    """All that a report says in words, as one paragraph; see :func:`mixing_words` for the arguments."""
    return " ".join(filter(None, (mixing_words(info, sampler), tempering_words(info), temperature_note(info))))


def inverse_temperature(info: dict[str, Any]) -> tuple[float | None, float | None]:
    """The effective inverse temperature and its standard error; None for what is unknown or means nothing."""
    value = info.get("effective_inverse_temperature")
    error = info.get("effective_inverse_temperature_error")
    if not is_number(value) or info.get("effective_inverse_temperature_note"):
        return None, None
    return value, error if is_number(error) else None


def temperature_note(info: dict[str, Any]) -> str | None:
    """Why the estimate of the inverse temperature means nothing, where it does."""
    note = info.get("effective_inverse_temperature_note")
    return f"The effective inverse temperature cannot be told. {note}" if note else None


def measured(value: float | None, error: float | None) -> str:
    """A value with its standard error, "1.02 ± 0.03"; without one, four significant digits; a dash for None."""
    if value is None:
        return "–"
    if not error:
        return f"{value:.4g}".replace("-", "−")
    places = min(max(-math.floor(math.log10(error)), 0), 6)
    return f"{value:.{places}f} ± {error:.{places}f}".replace("-", "−")


def is_number(value: Any) -> bool:
    """Whether ``value`` of a stored report is one."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _part(info: dict[str, Any], name: str) -> dict[str, Any]:
    part = info.get(name)
    return part if isinstance(part, dict) else {}
