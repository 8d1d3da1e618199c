"""What a run will ask of its sampler."""

import pytest

from boltzmann.config import PRESETS, ends_early, estimate, estimate_drawing, sample_age, validate, validate_sampler
from boltzmann.runs.estimate_words import drawing_words, laws_of, run_words


def changed(preset="demo", **parts):
    values = PRESETS[preset].model_dump()
    for name, changes in parts.items():
        values[name] = changes if name == "sampler" else {**values[name], **changes}
    return validate(values)


def test_local_samplers_draw_for_every_step():
    need = estimate(PRESETS["demo"])
    assert (need.steps, need.calls, need.seconds, need.cost) == (8 * 234, 0, None, None)
    assert need.reads == need.steps * 640
    assert sample_age(PRESETS["demo"], 234) == 1


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("reversals", [0, 1, 4])
def test_an_epoch_on_a_service_has_at_most_sixty_calls(classes, reversals):
    model = {"class_conditional": classes, "class_couplings": classes}
    config = changed(model=model, sampler={"name": "dwave", "spin_reversals": reversals})
    need = estimate(config)
    assert 0.5 * 60 * 8 < need.calls <= 60 * 8


def test_seconds_and_cost_of_a_quantum_annealer():
    config = changed(sampler={"name": "dwave", "price": 30.0, "annealing_time": 20.0, "pause_time": 80.0})
    need = estimate(config)
    # The formula's own figures: 16 ms a programming, 100 us of anneal and 150 us of readout a read.
    assert need.seconds == pytest.approx(0.016 * need.calls + 250e-6 * need.reads)
    assert need.cost == pytest.approx(need.seconds / 60 * 30)
    assert estimate(changed(sampler={"name": "dynex", "price": 30.0})).seconds is None


def test_a_stated_reuse_is_kept():
    config = changed(training={"sample_reuse": 2}, sampler={"name": "dwave"})
    assert estimate(config).calls == 8 * 117 * 10


def test_the_limit_that_comes_first_ends_a_run():
    config = changed("standard", sampler={"name": "dwave"})
    need, epochs = estimate(config), config.training.epochs
    assert (need.calls, need.calibration, epochs) == (2700, 0, 45)
    name, share = ends_early(config)
    assert (name, share) == ("calls", pytest.approx(2000 / 2700))
    assert "The limit of 2,000 calls ends it after about epoch 33 of 45; then it can be allowed" in run_words(config)
    name, share = ends_early(changed("standard", sampler={"name": "dwave", "max_seconds": need.seconds / 10}))
    assert (name, share) == ("seconds", pytest.approx(0.1))
    assert ends_early(changed("standard", sampler={"name": "dwave", "max_seconds": 1e4, "max_calls": 2700})) is None
    assert ends_early(PRESETS["standard"]) is None
    assert "in the first epoch" in run_words(changed("standard", sampler={"name": "dynex", "max_calls": 5}))


@pytest.mark.parametrize(("prefactor", "most"), [(None, 15), (0.2, 0)])
def test_fine_tuning_finds_the_temperature_first(prefactor, most):
    config = changed(
        "standard", sampler={"name": "dwave", "prefactor": prefactor, "max_calls": 2700, "max_seconds": 1e4}
    )
    tuned = config.model_copy(update={"start_from": "shipped:one"})
    assert estimate(tuned).calibration == most
    assert ends_early(config) is None
    assert ends_early(tuned) == (("calls", pytest.approx(2685 / 2700)) if most else None)
    assert ("and up to 15 to find the temperature" in run_words(tuned)) == (most == 15)


def test_a_drawing_calls_once_for_each_class_and_to_find_the_temperature():
    sampler = validate_sampler({"name": "dwave", "spin_reversals": 2})
    need = estimate_drawing(sampler, 100, laws_of(True, 100))
    assert (need.calls, need.calibration) == (20, 30)
    # 16 ms a programming, 170 us a read, of which each calibration has 256.
    assert need.seconds == pytest.approx(50 * 0.016 + (100 + 15 * 256) * 170e-6)
    assert (laws_of(True, 4), laws_of(True, 100, 3), laws_of(False, 100)) == (4, 1, 1)
    assert drawing_words(validate_sampler({"name": "gibbs"}), 100, 10) == ""
    words = drawing_words(validate_sampler({"name": "dynex"}), 100, 10)
    assert words == "About 10 calls of the service and up to 15 to find the temperature."
