"""What a run will ask of its sampler."""

import pytest

from boltzmann.config import PRESETS, estimate, sample_age, validate


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
