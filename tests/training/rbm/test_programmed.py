"""A machine trained on a simulated chip of unknown temperature, its beta led by every scheme."""

from itertools import pairwise

import pytest
import torch

from boltzmann.config import ConfigError
from boltzmann.training.events import Measured, Notice, SamplerReport
from boltzmann.training.rbm.measurements import exact_steps, measured_steps

SCHEMES = {
    "estimated": {},
    "known": {},
    "fixed": {"start": 2.0},
    "linear": {"start": 1.0, "end": 4.0},
    "max_likelihood": {"start": 2.0, "direction": "descent"},
    "min_entropy": {"start": 2.0, "rate": 0.1},
}
CHIP = {
    "data.dataset": "bars_and_stripes",
    "data.side": 2,
    "model.initial_scale": 0.5,
    "training.negative_phase": "sampler",
    "training.chains": 200,
    "training.sample_reuse": 2,
    "training.batch_size": 3,
    "training.epochs": 6,
    "training.measurements": 6,
    "sampler.name": "simulated_qpu",
    "sampler.inverse_temperature": 3.0,
}


@pytest.fixture
def led(make):
    """``led(scheme, checkpoint=None, **changes)``: a trainer of two steps an epoch whose beta is led so."""

    def make_led(scheme, checkpoint=None, **changes):
        settings = {"scheme": scheme, **SCHEMES[scheme]}
        part = {f"inverse_temperature.{name}": value for name, value in settings.items()}
        return make(None, checkpoint, **CHIP | part | changes)

    return make_led


def measured(events):
    return [event for event in events if isinstance(event, Measured)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_epoch_is_told_once_with_the_move_that_follows_from_it(led, scheme):
    trainer = led(scheme)
    seen = []
    for event in trainer.events():
        if isinstance(event, Measured):
            v = trainer.data.test
            again = trainer.rbm.visible_probability(trainer.rbm.hidden_probability(v))
            assert event.sum_squares == pytest.approx(float((v - again).square().sum()), rel=1e-5)
            assert event.sum_squares == pytest.approx(event.reconstruction_error * v.numel())
            seen.append(event)
    assert [event.step for event in seen] == [2, 4, 6, 8, 10, 12]
    assert seen[-1].calls == 6
    for one, other in pairwise(seen):
        assert other.beta == pytest.approx(one.beta + one.beta_change)
    for event in seen:
        assert event.hardware_beta == pytest.approx(3.0, abs=5 * event.hardware_beta_error + 0.3)
        assert event.chain_breaks is None
    betas = [event.beta for event in seen]
    moves = [event.beta_change for event in seen]
    gaps = [event.data_energy - event.model_energy for event in seen]
    match scheme:
        case "estimated":
            assert betas[0] == pytest.approx(5.0)  # where its filter starts
            assert moves[0] < -0.5
        case "known" | "fixed":
            assert betas == pytest.approx([3.0 if scheme == "known" else 2.0] * 6)
        case "linear":
            assert betas == pytest.approx([1.5, 2.0, 2.5, 3.0, 3.5, 4.0])
            assert moves[-1] == 0.0
        case "max_likelihood":
            assert moves == pytest.approx([-0.2 * gap for gap in gaps], rel=1e-6)
        case _:
            assert all(move > 0 for move in moves)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("stop", [4, 7])
def test_a_resumed_run_repeats_bit_for_bit(led, tmp_path, scheme, stop):
    """At the end of an epoch, and between two steps that share their reads, in the middle of one."""
    often = {"training.measurements": 12}
    whole, broken = led(scheme, **often), led(scheme, **often)
    expected = [vars(event) | {"seconds": 0.0} for event in measured(whole.events())]
    for _ in broken.events():
        if broken.step >= stop:
            break
    broken.save(tmp_path)
    resumed = led(scheme, tmp_path, **often)
    found = [vars(event) | {"seconds": 0.0} for event in measured(resumed.events())]
    assert found == expected[stop:]
    assert torch.equal(resumed.rbm.weights, whole.rbm.weights)


@pytest.mark.parametrize(("reuse", "drawings"), [(1, 12), (3, 4), (5, 3), (100, 1)])
def test_one_set_of_reads_serves_so_many_steps_with_the_hidden_units_of_the_present_machine(led, reuse, drawings):
    trainer = led("fixed", **{"training.sample_reuse": reuse})
    seen, ask = [], trainer.phase.negative

    def asked(rbm, v0, h0):
        v, h = ask(rbm, v0, h0)
        assert torch.equal(h, rbm.hidden_probability(v))
        seen.append(v)
        return v, h

    trainer.phase.negative = asked
    last = measured(trainer.events())[-1]
    assert (last.calls, last.samples, len(seen)) == (drawings, 200 * drawings, 12)
    assert all((one is other) == bool((i + 1) % reuse) for i, (one, other) in enumerate(pairwise(seen)))


@pytest.mark.parametrize("scheme", ["max_likelihood", "min_entropy"])
@pytest.mark.parametrize("stop", [0, 3, 5, 7, 9])
def test_one_set_of_reads_moves_beta_once(led, tmp_path, scheme, stop):
    """Reads of 5 steps, epochs of 2: drawn in epochs 1, 3 and 6. The others move nothing, resumed or not."""
    changes = {"training.sample_reuse": 5, "inverse_temperature.rate": 0.5}
    trainer, seen = led(scheme, **changes), []
    if stop:
        for event in trainer.events():
            seen += measured([event])
            # A slow machine says in between that it works.
            if trainer.step >= stop and (trainer.step % 2 or isinstance(event, Measured)):
                break
        trainer.save(tmp_path)
        trainer = led(scheme, tmp_path, **changes)
    seen += measured(trainer.events())
    assert [event.step for event in seen] == [2, 4, 6, 8, 10, 12]
    assert [event.beta_change != 0.0 for event in seen] == [True, False, True, False, False, True]
    first, _, third, *_, last = seen
    assert third.beta == pytest.approx(first.beta + first.beta_change)
    assert last.beta == pytest.approx(third.beta + third.beta_change)
    if scheme == "max_likelihood":
        for event in (first, third, last):
            assert event.beta_change == pytest.approx(-0.5 * (event.data_energy - event.model_energy))


def test_where_each_step_is_one_to_the_mode_nothing_is_drawn_and_beta_waits(led):
    changes = {"training.mode_assisted": True, "training.mode_probability": 1.0, "training.sample_reuse": 1}
    seen = measured(led("min_entropy", **changes | {"training.epochs": 12, "training.measurements": 12}).events())
    drawn = [seen[0].calls > 0, *(other.calls > one.calls for one, other in pairwise(seen))]
    assert False in drawn
    assert [event.beta_change > 0 for event in seen] == drawn


def test_an_estimated_beta_of_two_drawings_an_epoch_moves_with_both(led):
    trainer, last = led("estimated", **{"training.sample_reuse": 1}), None
    for event in trainer.events():
        if not isinstance(event, Measured):
            continue
        assert last is None or event.beta_change == pytest.approx(1 / trainer.sampler.prefactor - last)
        last = 1 / trainer.sampler.prefactor


def test_an_estimated_beta_reaches_the_chips_own_and_what_it_brings(led):
    """Beta within 10% of the hidden value, and the error of reconstruction within 3% of the oracle's: over four seeds they
    differ by 1%, and training nearly halves them."""
    changes = {"training.epochs": 100, "training.learning_rate": 0.5, "training.measurements": 4}
    errors = {}
    for scheme in ("estimated", "known"):
        events = list(led(scheme, **changes).events())
        first, *_, last = measured(events)
        assert last.sum_squares < 0.7 * first.sum_squares
        errors[scheme] = last.sum_squares
        assert last.beta == pytest.approx(3.0, rel=0.1)
        report = [event.info for event in events if isinstance(event, SamplerReport)][-1]
        assert report["beta"] == pytest.approx(1 / report["prefactor"])
        assert report["hardware_beta"] == pytest.approx(report["beta"] * report["effective_inverse_temperature"])
    assert errors["estimated"] == pytest.approx(errors["known"], rel=0.03)


def test_a_longer_ramp_is_told_and_another_scheme_refused(led, tmp_path):
    short = led("linear", **{"training.epochs": 4})
    for _ in short.events():
        if short.step == 4:
            break
    short.save(tmp_path)
    told = [event.message for event in led("linear", tmp_path).events() if isinstance(event, Notice)]
    assert told == ["Beta is led in a line over all 6 epochs, 4 before: it goes on at 2.5, and was to be 3.25 here."]
    estimated = led("estimated", **{"training.epochs": 4})
    estimated.save(tmp_path / "other")
    with pytest.raises(ConfigError, match="another trainer"):
        led("linear", tmp_path / "other")


def test_beta_that_runs_to_its_limit_is_told_once_and_the_run_goes_on(led):
    events = list(
        led("max_likelihood", **{"inverse_temperature.rate": 10.0, "inverse_temperature.start": 0.2}).events()
    )
    told = [event.message for event in events if isinstance(event, Notice)]
    assert len(told) == 1
    assert told[0].startswith("Beta has run to its limit of 0.1 in epoch")
    assert measured(events)[-1].step == 12


def test_long_enumerations_are_made_at_ten_measurements():
    for total, times, per_epoch in ((600, 300, 2), (610, 305, 2), (20_000, 100, 1), (7, 100, 1), (601, 300, 1)):
        steps = measured_steps(total, times, per_epoch)
        exact = exact_steps(steps)
        assert exact <= steps
        assert len(exact) == min(10, len(steps))
        assert {min(steps), max(steps)} <= exact
    assert measured_steps(600, 300, 2) == set(range(2, 601, 2))
    assert measured_steps(40, 4, 1) == {1, 10, 20, 30, 40}
