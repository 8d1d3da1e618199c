"""Whole small runs: fairness between trainers, events, early stop, resumption."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from boltzmann.config import ConfigError
from boltzmann.data.binary import BinaryData
from boltzmann.evaluation.rbm_likelihood import log_likelihood
from boltzmann.models.stored_rbm import load_machine
from boltzmann.training.errors import Diverged
from boltzmann.training.events import (
    CheckpointDue,
    Energies,
    Finished,
    Measured,
    Notice,
    Picture,
    SamplerReport,
    Started,
)
from boltzmann.training.rbm.validation import hold_back

KINDS = {
    "cd": {},
    "cd, draws": {"training.hidden_statistics": "draws"},
    "pcd": {"training.negative_phase": "pcd", "training.momentum": 0.5},
    "tempering": {"training.negative_phase": "tempering", "training.chains": 5, "training.temperatures": 3},
    "exact": {"training.negative_phase": "exact", "training.learning_rate_schedule": "linear"},
    "sampler": {"training.negative_phase": "sampler", "training.chains": 8},
    "centred": {"model.centred": True, "training.weight_decay": 0.01, "training.patience": 20},
    "annealed mode": {
        "training.mode_assisted": True,
        "training.mode_probability": 1.0,
        "training.mode_search": "annealing",
        "training.mode_sweeps": 5,
    },
}
TABLE = {"data.dataset": "table", "data.table": "20260101-000000-abcdef"}
LABELS = TABLE | {"model.label_units": True, "model.centred": True}
HYBRID = LABELS | {
    "training.objective": "hybrid",
    "training.generative_weight": 0.1,
    "training.batch_size": 7,
    "training.epochs": 3,
}


def untimed(event):
    return {key: value for key, value in vars(event).items() if key != "seconds"}


@pytest.mark.parametrize("kind", [*KINDS, "hybrid"])
def test_a_resumed_run_repeats_an_unbroken_one_bit_for_bit(make, labelled, tmp_path, kind):
    changes, data = (HYBRID, labelled) if kind == "hybrid" else (KINDS[kind] | {"training.batch_size": 4}, None)
    changes = changes | {"training.measurements": 12}
    whole = make(data, **changes)
    measured = [untimed(event) for event in whole.events() if isinstance(event, Measured)]
    broken = make(data, **changes)
    for _ in broken.events():
        if broken.step >= 7:
            break
    broken.save(tmp_path / "checkpoint")
    resumed = make(data, tmp_path / "checkpoint", **changes)
    rest = [untimed(event) for event in resumed.events() if isinstance(event, Measured)]
    assert len(rest) >= 4
    assert rest == measured[-len(rest) :]
    for name, values in whole.rbm.state_dict().items():
        assert torch.equal(resumed.rbm.state_dict()[name], values)


def test_a_run_goes_on_on_another_kind_of_device_with_new_random_numbers(make, tmp_path):
    changes = KINDS["annealed mode"] | {"training.negative_phase": "pcd"}
    broken = make(**changes)
    for _ in broken.events():
        if broken.step >= 7:
            break
    broken.save(tmp_path)
    file = tmp_path / "training.safetensors"
    tensors = load_file(file)
    for name in ("phase.random", "hidden.random", "mode.anneals"):
        tensors[name] = torch.zeros(16, dtype=torch.uint8)  # as CUDA's generators have it
    save_file(tensors, file)
    resumed = make(checkpoint=tmp_path, **changes)
    assert torch.equal(resumed.phase.state()["hidden"], broken.phase.state()["hidden"])
    fresh = make(**changes)
    assert not torch.equal(resumed.phase.state()["random"], fresh.phase.state()["random"])
    events = list(resumed.events())
    assert any("another kind of device" in event.message for event in events if isinstance(event, Notice))
    assert events[-1].step == 12


def test_a_checkpoint_of_another_machine_or_trainer_is_refused(make, tmp_path):
    make().save(tmp_path)
    assert load_machine(tmp_path).facts["step"] == 0
    with pytest.raises(ConfigError, match=r"6 \+ 4 units, the run 6 \+ 5"):
        make(checkpoint=tmp_path, **{"model.hidden": 5})
    with pytest.raises(ConfigError, match="another trainer"):
        make(checkpoint=tmp_path, **{"training.negative_phase": "pcd"})


def test_all_trainers_start_from_the_same_weights_and_see_the_same_batches(make, labelled):
    seen = []
    for changes in ({}, KINDS["pcd"], KINDS["annealed mode"], {"training.objective": "discriminative"}):
        trainer = make(labelled, **LABELS | {"training.batch_size": 7} | changes)
        start = trainer.rbm.weights.clone()
        for _ in trainer.events():
            if trainer.step >= 9:
                break
        seen.append((start, *trainer._batches.at(trainer.step)))
    for other in seen[1:]:
        assert all(torch.equal(one, two) for one, two in zip(seen[0], other, strict=True))
    another = make(labelled, seed=1, **LABELS)
    assert not torch.equal(another.rbm.weights, seen[0][0])


def test_what_a_run_says(make):
    events = list(make(**{"data.dataset": "bars_and_stripes", "data.side": 3, "training.epochs": 40}).events())
    assert isinstance(events[0], Started)
    assert (events[0].total_steps, events[0].facts["visible"], events[0].facts["hidden"]) == (40, 9, 4)
    assert isinstance(events[-1], Finished)
    assert [event.step for event in events if isinstance(event, Measured)] == [1, 10, 20, 30, 40]
    checkpoints = [event.step for event in events if isinstance(event, CheckpointDue)]
    assert checkpoints == [1, *range(4, 41, 4)]
    shapes = {event.name: event.images.shape for event in events if isinstance(event, Picture)}
    assert shapes == {"filters": (4, 3, 3), "generated": (64, 3, 3), "reconstructed": (28, 3, 3)}
    for event in events:
        if isinstance(event, Energies):
            assert sum(event.data) == pytest.approx(1)
            assert sum(event.model) == pytest.approx(1)
    filters = [event.images for event in events if isinstance(event, Picture) and event.name == "filters"]
    assert {1, 255} & set(filters[-1].flatten().tolist())


def test_labels_are_learned_and_are_no_pixels(make, labelled):
    changes = {"training.epochs": 400, "training.learning_rate": 0.5, "training.objective": "discriminative"}
    events = list(make(labelled, **LABELS | changes).events())
    measured = [event for event in events if isinstance(event, Measured)]
    # One held-out row of the twenty may be read wrongly; a guess is wrong for two of three.
    assert measured[-1].error_rate <= 0.05
    assert measured[0].error_rate > 0.2
    assert measured[-1].samples == 0
    assert {event.images.shape[1:] for event in events if isinstance(event, Picture)} == {(2, 4)}


def noise(test_seed=0):
    rows = torch.rand(40, 6, generator=torch.Generator().manual_seed(0)).round()
    test = torch.rand(200, 6, generator=torch.Generator().manual_seed(test_seed)).round()
    return BinaryData(rows, test, None, None, None, "table")


def test_a_run_that_gets_no_better_ends_with_its_best_weights_by_rows_that_are_not_the_held_out_ones(make, tmp_path):
    changes = {
        "model.hidden": 8,
        "training.epochs": 5000,
        "training.measurements": 100,
        "training.patience": 5,
        **TABLE,
    }
    trainer = make(noise(1), **changes)
    _, validation = hold_back(trainer.config, noise())
    assert (len(trainer.data.train), len(validation.test)) == (36, 4)
    scores, events = [], []
    for event in trainer.events():
        events.append(event)
        if isinstance(event, Measured):
            scores.append(log_likelihood(trainer.rbm, validation.test))
    assert trainer.total_steps < 3000
    assert scores[-1] == max(scores) > scores[-2]
    words = [event.message for event in events if isinstance(event, Notice)]
    assert any("4 validation rows, held back from training, was no better since step" in message for message in words)
    assert isinstance(events[-1], Finished)
    other = make(noise(2), **changes)
    list(other.events())
    assert torch.equal(other.rbm.weights, trainer.rbm.weights)
    # Made longer, it waits for something better as long as at first.
    trainer.save(tmp_path)
    longer = make(noise(1), tmp_path, **changes | {"training.epochs": trainer.step + 2000})
    waited = [event for event in longer.events() if isinstance(event, Measured)]
    assert len({event.step for event in waited}) >= 5


def test_data_that_are_listed_in_full_are_watched_as_they_are(make):
    trainer = make(**{"training.epochs": 40, "training.learning_rate": 10.0, "training.patience": 1})
    assert len(trainer.data.train) == 6
    words = [event.message for event in trainer.events() if isinstance(event, Notice)]
    assert any(
        "The figure of the training rows, which are all rows that there are, was" in message for message in words
    )


@pytest.mark.parametrize("objective", ["discriminative", "hybrid"])
def test_label_units_need_labels(make, objective):
    with pytest.raises(ConfigError, match=r"no labels: switch model\.label_units off"):
        make(noise(), **TABLE, **{"model.label_units": True, "training.objective": objective})


def test_the_size_of_a_table_is_known_when_it_is_read(make):
    changes = TABLE | {"training.negative_phase": "exact", "model.hidden": 40}
    make(noise(), **changes)  # 6 pixels are enumerated
    wide = BinaryData(torch.zeros(8, 30), torch.zeros(2, 30), None, None, None, "table")
    with pytest.raises(ConfigError, match="smaller layer has 30 units"):
        make(wide, **changes)
    with pytest.raises(ConfigError, match=r"100 training\.temperatures x 10,000 training\.chains x 100 units"):
        make(
            BinaryData(torch.zeros(8, 100), torch.zeros(2, 100), None, None, None, "table"),
            **TABLE | {"training.negative_phase": "tempering", "training.chains": 10_000, "training.temperatures": 100},
        )


def test_pictures_keep_the_grey_of_held_out_rows(make, labelled):
    images = [event.images for event in make(labelled, **LABELS).events() if isinstance(event, Picture)]
    assert len(set(images[2][::2].flatten().tolist())) > 10


def test_more_steps_and_the_rate_that_they_bring_are_told(make, tmp_path):
    falling = {"training.learning_rate_schedule": "linear", "training.learning_rate": 0.2, "training.epochs": 40}
    short = make(**falling)
    list(short.events())
    short.save(tmp_path)
    longer = make(None, tmp_path, **falling | {"training.epochs": 50})
    told = [event.message for event in longer.events() if isinstance(event, Notice)]
    assert told == ["The learning rate falls over all 50 steps, 40 before: it goes on at 0.04, and was to be 0 here."]
    again = make(None, tmp_path, **falling)
    assert not any(isinstance(event, Notice) for event in again.events())


def test_a_smaller_machine_starts_as_a_part_of_a_larger_one(make):
    small, large = (make(**{"model.hidden": hidden}).rbm for hidden in (4, 9))
    assert torch.equal(small.weights, large.weights[:, :4])
    assert 0.5 < float(large.weights.std()) / 0.01 < 1.5


def test_a_sampler_is_reported(make):
    events = list(make(**KINDS["sampler"]).events())
    reports = [event for event in events if isinstance(event, SamplerReport)]
    assert [report.step for report in reports] == [*range(1, 11), 12]
    last = [event for event in events if isinstance(event, Measured)][-1]
    assert (last.calls, last.samples) == (12, 12 * 8)


def test_a_search_for_modes_by_a_sampler_is_reported_and_counts_its_calls(make):
    changes = {"training.mode_assisted": True, "training.mode_probability": 1.0, "training.mode_search": "sampler"}
    trainer = make(**changes)
    answer = trainer.sampler.sample

    def as_a_service_says(model, reads):
        samples = answer(model, reads)
        samples.info["calls"] = 3
        return samples

    trainer.sampler.sample = as_a_service_says
    events = list(trainer.events())
    taken = [event for event in events if isinstance(event, Measured)][-1].mode_steps
    assert taken > 0
    assert [event for event in events if isinstance(event, Measured)][-1].calls == 3 * taken
    reports = [event for event in events if isinstance(event, SamplerReport)]
    assert reports
    assert reports[-1].step == 12  # P is all but 1 in the last step
    assert {"mean_energy", "effective_inverse_temperature"} <= set(reports[-1].info)


@pytest.mark.parametrize("part", ["weights", "visible_bias", "hidden_bias"])
def test_a_run_that_diverges_says_so(make, part):
    trainer = make()
    getattr(trainer.rbm, part)[0] = float("nan")
    with pytest.raises(Diverged, match="smaller learning rate"):
        list(trainer.events())
