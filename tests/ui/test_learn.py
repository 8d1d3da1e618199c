"""Learn: exact small systems that say what the pages say, and callbacks that take whatever is posted."""

from __future__ import annotations

import itertools
import json
import math
import re

import numpy as np
import pytest

from boltzmann.runs.files import StoreError
from boltzmann.runs.spin_flips import spin_flips
from boltzmann.settings import ROOT, Settings
from boltzmann.training.rbm.mode_assistance import mode_rate as torch_mode_rate
from boltzmann.training.rbm.schedules import mode_probability
from boltzmann.ui.learn import annealers, divergence, energy, inverse_temperature, likelihood, mmd, mode, rbm
from boltzmann.ui.learn.machine import Machine, ferromagnet, near_zero
from boltzmann.ui.learn.spins import boltzmann, energies, entropy, spins
from boltzmann.ui.learn.topics import TOPICS

RNG = np.random.default_rng(0)
SMALL = Machine(RNG.standard_normal((3, 2)), RNG.standard_normal(3), RNG.standard_normal(2))


def of_joint(machine):
    """Energies of all (v, h), written out: {(v, h): E}."""
    n, m = machine.weights.shape
    return {
        (v, h): -machine.visible @ v - machine.hidden @ h - np.array(v) @ machine.weights @ h
        for v in itertools.product((0, 1), repeat=n)
        for h in itertools.product((0, 1), repeat=m)
    }


# Energy


def test_a_ring_has_the_energies_written_out():
    linear, quadratic = energy.ring(-0.6)
    found = dict(zip(map(tuple, spins(4)), energies(spins(4), linear, quadratic), strict=True))
    for s, value in found.items():
        assert value == pytest.approx(-0.3 * s[0] - 0.6 * (s[0] * s[1] + s[1] * s[2] + s[2] * s[3] + s[0] * s[3]))


def test_a_hot_law_is_even_and_a_cold_one_frozen():
    values = energies(spins(4), *energy.ring(-0.6))
    even, log_partition = boltzmann(values, 0.0)
    assert even == pytest.approx(1 / 16)
    assert (log_partition, entropy(even)) == pytest.approx((math.log(16), math.log(16)))
    cold = boltzmann(values, 200.0)[0]
    assert cold.sum() == pytest.approx(1)
    assert cold[values.argmin()] == pytest.approx(1)


# Restricted Boltzmann machine


def test_law_conditionals_and_mode_are_those_of_the_joint_law():
    joint = of_joint(SMALL)
    total = sum(math.exp(-e) for e in joint.values())
    law = SMALL.law()
    for row, chance in zip(SMALL.rows, law, strict=True):
        assert chance == pytest.approx(sum(math.exp(-e) for (v, _), e in joint.items() if v == tuple(row)) / total)
    v, h, lowest = SMALL.mode()
    assert joint[tuple(v), tuple(h)] == pytest.approx(lowest) == pytest.approx(min(joint.values()))


def test_gibbs_steps_keep_the_law_and_forget_the_start():
    steps = SMALL.transitions()
    assert steps.sum(1) == pytest.approx(1)
    assert SMALL.law() @ steps == pytest.approx(SMALL.law())
    start = np.eye(8)[5]
    assert divergence.after(SMALL, start, 0) == pytest.approx(start)
    assert divergence.after(SMALL, start, 500) == pytest.approx(SMALL.law())


def test_without_weights_hidden_units_do_not_see_the_visible():
    drawn = rbm.draw({"visible": (1, 0, 0, 1), "strength": 0.0}, "light")
    chances = 1 / (1 + np.exp(-rbm.HIDDEN))
    assert ", ".join(f"{chance:.2f}" for chance in chances) in drawn.seen


# Contrastive divergence


def test_a_step_of_contrastive_divergence_becomes_the_gradient_with_k():
    data = near_zero()
    near = [divergence.cosine(m := ferromagnet(2.0), data, divergence.after(m, data, k)) for k in (1, 10, 1000)]
    assert near[0] < 0 < near[1] < near[2] == pytest.approx(1)
    free = ferromagnet(0.5)
    assert divergence.cosine(free, data, divergence.after(free, data, 1)) > 0.99


def test_the_statistics_are_the_gradient_of_the_likelihood():
    data = RNG.dirichlet(np.ones(8))
    up, down = SMALL.statistics(data)[0], SMALL.statistics(SMALL.law())[0]
    step = np.zeros((3, 2))
    step[1, 0] = 1e-5

    def log_likelihood(change):
        return data @ np.log(Machine(SMALL.weights + change, SMALL.visible, SMALL.hidden).law())

    assert (log_likelihood(step) - log_likelihood(-step)) / 2e-5 == pytest.approx((up - down)[1, 0], rel=1e-6)


# Annealers


def test_the_temperature_is_found_where_nothing_spoils_it():
    values = energies(spins(8), *annealers.wanted())
    for beta in (0.0, 0.7, 3.0):
        assert annealers.effective(values, float(boltzmann(values, beta)[0] @ values)) == pytest.approx(beta, abs=1e-6)
    assert annealers.effective(values, float(values.min())) == pytest.approx(annealers.COLDEST)


def test_a_larger_prefactor_is_clipped_to_the_ranges():
    assert annealers.programmed(0.3)[1] == 0
    (linear, quadratic), clipped = annealers.programmed(4.0)
    assert clipped == int((4 * annealers.wanted()[1] > 1).sum() + (4 * annealers.wanted()[1] < -2).sum()) > 0
    assert np.abs(linear).max() <= 4
    assert (quadratic.min(), quadratic.max()) == (-2, 1)


# Inverse temperature


@pytest.mark.parametrize("strength", [0.4, 1.0, 1.4])
def test_the_printed_step_climbs_at_fixed_energies_and_descends_for_a_fixed_machine(strength):
    machine = inverse_temperature.scaled(inverse_temperature.truth(), strength)
    for own in (1.3, 2.5):
        # Where the chip is programmed for its own value, reads and p(h | v) are of one law: the bracket is exact.
        step, little = inverse_temperature.bracket(machine, own, own), 1e-5

        def slope(law, at=own, little=little):
            return (law(at + little) - law(at - little)) / (2 * little)

        fixed_energies = slope(lambda b, own=own: inverse_temperature.loss(machine, b / own))
        fixed_machine = slope(lambda beta, own=own: inverse_temperature.loss(machine, own / beta))
        assert step == pytest.approx(fixed_energies, rel=1e-6, abs=1e-9)
        assert step == pytest.approx(-fixed_machine, rel=1e-6, abs=1e-9)
        assert (step > 1e-3, step < -1e-3) == (strength > 1, strength < 1)


def test_the_printed_step_leads_a_machine_that_fits_to_the_chips_own_value():
    machine, beta = inverse_temperature.truth(), 1.0
    for _ in range(200):
        beta += inverse_temperature.bracket(machine, beta, 2.5)
    assert beta == pytest.approx(2.5, abs=1e-6)


def test_a_step_of_beta_that_is_none_is_not_told_as_one():
    said = [
        inverse_temperature.draw({"beta": beta, "own": 2.5, "strength": 1.0}, "light").seen for beta in (2.0, 2.5, 3.0)
    ]
    ends = ("the printed step raises β.", "The bracket is 0.00: the printed step leaves β where it is.", "lowers β.")
    assert all(words.endswith(end) for words, end in zip(said, ends, strict=True)), said


def test_energies_are_those_of_the_joint_law():
    joint = of_joint(SMALL)
    total = sum(math.exp(-2 * e) for e in joint.values())
    mean = sum(e * math.exp(-2 * e) for e in joint.values()) / total
    law = inverse_temperature.scaled(SMALL, 2.0).law()
    assert inverse_temperature.mean_energy(SMALL, law, 2.0) == pytest.approx(mean)


# Mode-assisted training


def test_chance_and_rate_are_those_of_the_lab():
    import torch

    from boltzmann.models.rbm import RBM

    assert mode.chance(130, 400, 0.1) == pytest.approx(mode_probability(130, 400, 0.1))
    machine = ferromagnet(2.5)
    lab = RBM(4, 4)
    for name, values in (
        ("weights", machine.weights),
        ("visible_bias", machine.visible),
        ("hidden_bias", machine.hidden),
    ):
        getattr(lab, name).copy_(torch.from_numpy(values))
    lowest = machine.mode()[2]
    assert 0 < torch_mode_rate(lab, lowest) < 1
    assert mode.mode_rate(machine, lowest) == pytest.approx(torch_mode_rate(lab, lowest), rel=1e-5)


def test_mode_steps_take_probability_from_where_no_data_lie():
    plain, assisted = mode.train(0.0), mode.train(0.1)
    assert len(plain.mode_steps) == 0 < len(assisted.mode_steps)
    assert plain.divergences[0] == assisted.divergences[0]
    assert assisted.divergences[-1] < plain.divergences[-1] / 2
    assert plain.laws.sum(1) == pytest.approx(1)


# MMD


def test_mmd_of_equal_laws_is_zero_on_average_and_sees_two_bumps():
    rng = np.random.default_rng(2)
    equal = [mmd.squared_mmd(rng.standard_normal(50), rng.standard_normal(50), 0.5) for _ in range(300)]
    error = np.std(equal) / math.sqrt(300)
    assert abs(np.mean(equal)) < 4 * error  # the biased estimate lies 25 errors above
    x, y = mmd.samples(0.9)
    assert mmd.squared_mmd(x, y, 0.4) > 3 * mmd.shuffled(x, y, 0.4)
    assert mmd.squared_mmd(x, y, 10.0) < 3 * mmd.shuffled(x, y, 10.0)


def test_mmd_is_the_sum_written_out():
    x, y = np.array([0.0, 1.0, 3.0]), np.array([0.5, 2.0])
    k = lambda a, b: math.exp(-((a - b) ** 2) / 2)  # noqa: E731
    within = sum(k(a, b) for a, b in itertools.combinations(x, 2)) / 3 + k(*y)
    between = sum(k(a, b) for a in x for b in y) / 6
    assert mmd.squared_mmd(x, y, 1.0) == pytest.approx(within - 2 * between)


# Likelihood


def test_the_slope_is_the_derivative_and_vanishes_at_the_truth():
    data = likelihood.law_of(-0.7)[0]
    numeric = (likelihood.loss(data, 1.0 + 1e-5) - likelihood.loss(data, 1.0 - 1e-5)) / 2e-5
    assert likelihood.slope(data, 1.0) == pytest.approx(numeric, rel=1e-6)
    assert likelihood.slope(data, -0.7) == pytest.approx(0, abs=1e-12)
    assert likelihood.loss(data, -0.7) == pytest.approx(entropy(data))


# Pages


def draw(page, key, **raw):
    topic = TOPICS[key]
    figures = [[{"index": index, "type": "learn-figure"}, None] for index in range(len(topic.labels))]
    names = [knob.name for knob in topic.knobs]
    ids = [{"name": name, "type": "learn-knob"} for name in names]
    shown = [[{"name": name, "type": "learn-value"}, None] for name in names]
    pattern = '{"name":["ALL"],"type":"learn-knob"}'
    outputs = {'{"index":["ALL"],"type":"learn-figure"}.figure': figures,
               '{"name":["ALL"],"type":"learn-value"}.children': shown}  # fmt: skip
    inputs = {
        "learn-topic.data": key,
        f"{pattern}.value": [[one, raw.get(one["name"])] for one in ids],
        "colour-scheme.data": raw.get("scheme", "dark"),
        "learn-tick-asked.data": 3,
    }
    return page.call("learn-seen.children", inputs, {**outputs, f"{pattern}.id": [[one, one] for one in ids]})


@pytest.mark.parametrize("key", [key for key, topic in TOPICS.items() if topic.ask is None])
def test_every_topic_draws_at_both_ends_of_every_slider_and_whatever_is_posted(page, key):
    topic = TOPICS[key]
    for wrong in (None, float(10**9), -(10.0**9), "<b>", [["v1"]], {"a": 1}, True):
        answer = draw(page, key, **{knob.name: wrong for knob in topic.knobs})
        assert len([name for name in answer if "learn-figure" in name]) == len(topic.labels), wrong
        seen = answer["learn-seen"]["children"]
        assert seen, wrong
        assert not {"nan", "inf"} & set(re.findall("[a-z]+", seen)), (wrong, seen)
        assert "<b>" not in json.dumps(answer)


def test_a_topic_that_asks_the_worker_says_when_it_is_not_there(page):
    answer = draw(page, "dvae")
    assert "still starting" in answer["learn-seen"]["children"]
    assert answer["learn-tick"]["disabled"] is False


@pytest.mark.parametrize("path", ["/learn", "/learn/", *(f"/learn/{key}" for key in TOPICS), "/learn/none"])
def test_every_topic_has_its_page_between_its_neighbours(page, path):
    answer = json.dumps(page.call("page.children", {"url.pathname": path}, {"url.search": ""}), ensure_ascii=False)
    key = path.removeprefix("/learn").strip("/")
    if key in TOPICS:
        keys = list(TOPICS)
        near = {keys[at] for at in (keys.index(key) - 1, keys.index(key) + 1) if 0 <= at < len(keys)}
        assert TOPICS[key].title in answer
        assert all(source.address in answer for source in TOPICS[key].sources)
        assert {other for other in keys if f'"/learn/{other}"' in answer} == near
    else:
        assert ("No such topic" in answer) == (key == "none")
        assert all((f'"/learn/{key}"' in answer) == (path != "/learn/none") for key in TOPICS)


def test_a_shipped_digit_survives_a_few_flipped_spins(tmp_path):
    settings = Settings(tmp_path, tmp_path, ROOT / "models")
    few, many = spin_flips(settings, 3, 1, 16), spin_flips(settings, 3, 1, 128)
    n = len(few["spins"])
    assert (few["spins"] == many["spins"]).all()
    assert ((few["spins"] != few["flipped"]).sum(), (many["spins"] != many["flipped"]).sum()) == (16, 128)
    assert set(np.unique(few["encoded"])) == {-1, 1}
    assert few["images"].shape == (3, 28, 28)
    changed = [np.abs(part["images"][1].astype(float) - part["images"][0]).mean() for part in (few, many)]
    assert changed[0] < changed[1] / 2
    assert (few["encoded"] == few["spins"]).sum() > 0.75 * n > (many["encoded"] == many["spins"]).sum()
    assert few["energies"][0] < few["energies"][1] < many["energies"][1]
    with pytest.raises(StoreError, match="no model is shipped"):
        spin_flips(Settings(tmp_path, tmp_path, tmp_path), 3, 1, 0)


def test_the_chips_ranges_are_the_simulated_ones():
    from boltzmann.samplers.simulated_qpu import RANGES

    assert (RANGES.linear, RANGES.quadratic) == (annealers.FIELDS, annealers.COUPLINGS)
