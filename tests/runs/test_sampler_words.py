"""What is said of a sampler's report: of every verdict, of samplers without chains, of runs stored long ago."""

import pytest

from boltzmann.runs.sampler_words import (
    inverse_temperature,
    measured,
    mixing_words,
    sampler_words,
    temperature_note,
    tempering_words,
    verdict,
)

LADDER = {"levels": 21, "swap_rate": 0.612, "round_trips": 40, "round_trips_per_1000_sweeps": 4.04}


def looked(found):
    return {"verdict": found, "sentence": f"{found.capitalize()}: so it is."}


@pytest.mark.parametrize("found", ["mixing", "slow", "stuck"])
def test_the_verdict_and_its_sentence_are_the_sampler_s(found):
    info = {"mixing": looked(found), "tempering": None}
    assert verdict(info) == found
    assert mixing_words(info, "gibbs") == f"{found.capitalize()}: so it is."
    assert ("Automatic" in (tempering_words(info) or "")) == (found != "mixing")


@pytest.mark.parametrize("info", [{}, {"mixing": None}, {"mixing": {"verdict": "splendid"}}, {"mixing": "stuck"}])
def test_no_verdict_is_made_up(info):
    assert verdict(info) is None
    assert tempering_words(info) is None
    assert mixing_words(info, "gibbs")


def test_why_there_is_no_verdict():
    assert "stored before" in mixing_words({"sweeps": 30}, "gibbs")
    assert "resumed" in mixing_words({"mixing": None}, "gibbs")
    assert "no evidence of equilibrium" in mixing_words({"prefactor": 0.2}, "simulated_qpu")
    assert "exact distribution" in mixing_words({}, "exact")
    assert "random start" in mixing_words({}, "annealing")


@pytest.mark.parametrize(("plain", "end"), [("stuck", "plain chains would be stuck"), ("mixing", "would mix, too")])
def test_tempering_in_words(plain, end):
    words = tempering_words({"mixing": looked("mixing"), "tempering": LADDER, "plain_mixing": looked(plain)})
    assert words is not None
    assert words.startswith(
        "Parallel tempering: 21 levels, 61% of swaps accepted, 4 round trips a replica per 1,000 sweeps;"
    )
    assert words.endswith(f"{end}.")


def test_tempering_that_was_asked_for_has_no_plain_chains():
    words = tempering_words({"mixing": looked("mixing"), "tempering": LADDER, "plain_mixing": None})
    assert words is not None
    assert words.endswith("per 1,000 sweeps.")


def test_an_estimate_that_means_nothing_is_no_number():
    info = {"effective_inverse_temperature": 7.3, "effective_inverse_temperature_error": 4.0}
    assert inverse_temperature(info) == (7.3, 4.0)
    assert temperature_note(info) is None
    noted = info | {"effective_inverse_temperature_note": "Nearly frozen: only 3 spins."}
    assert inverse_temperature(noted) == (None, None)
    assert "Nearly frozen" in (temperature_note(noted) or "")
    assert "Nearly frozen" in sampler_words(noted, "simulated_qpu")
    assert inverse_temperature({"effective_inverse_temperature": None}) == (None, None)
    assert inverse_temperature({"effective_inverse_temperature": 5.9}) == (5.9, None)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.0187, 0.0312, "1.02 ± 0.03"),
        (1.0187, 0.0042, "1.019 ± 0.004"),
        (12.3, 4.0, "12 ± 4"),
        (-0.5, 0.1, "−0.5 ± 0.1"),
        (5.9, None, "5.9"),
        (1.0, 0.0, "1"),
        (1.0, 1e-12, "1.000000 ± 0.000000"),
        (None, None, "–"),
    ],
)
def test_values_with_errors(value, error, text):
    assert measured(value, error) == text
