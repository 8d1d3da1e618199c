"""What the interactive worker answers about the inside of a model, asked here without a worker in between."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from boltzmann import graphs
from boltzmann.config import RunConfig, changed, validate
from boltzmann.runs import look_inside
from boltzmann.runs.checkpoint_folder import save_checkpoint
from boltzmann.runs.files import StoreError
from boltzmann.runs.inside_chip import holes
from boltzmann.runs.inside_model import open_model, version
from boltzmann.runs.inside_strings import as_spins, as_text
from boltzmann.runs.inside_walks import resampled, sampled, walk
from boltzmann.runs.store import RunStore
from boltzmann.settings import ROOT, Settings

DEMO = "shipped:demo"
SEVEN = [[[0.3, 0.2], [0.7, 0.2], [0.45, 0.8]]]


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Settings:
    """The shipped models, and runs of our own."""
    folder = tmp_path_factory.mktemp("inside")
    return Settings(folder / "data", folder / "runs", ROOT / "models")


@pytest.fixture(scope="module")
def demo(here) -> str:
    """A string that the demo model encodes a digit in."""
    return look_inside.encoded(here, DEMO, SEVEN, 0)["text"]


@pytest.fixture(scope="module")
def plain(here, small) -> str:
    """A run without classes, two steps of it done."""
    config = small(objective="mmd")
    config = validate(config.model_dump() | {"data": {"dataset": "digits", "train_size": 256, "image_size": 32}})
    return _begun(here, config)


@pytest.fixture(scope="module")
def partly_hidden(here, small) -> str:
    """The same with classes, and four of its twenty spins hidden."""
    return _begun(here, changed(small(), {"model.hidden_spins": 4, "model.class_conditional": True}))


def _begun(here: Settings, config: RunConfig) -> str:
    from boltzmann import data
    from boltzmann.samplers import create
    from boltzmann.training.dvae import DvaeTraining

    store = RunStore(here.runs)
    run_id = store.create(config, "Begun")
    training = DvaeTraining(config, data.load(config.data, here.data), None, create(config.sampler, seed=0))
    events: Any = training.events()
    with closing(events):
        for step in (1, 2):
            while training.step < step:
                next(events)
            save_checkpoint(store, run_id, step, training.save)
    return f"run:{run_id}"


def _law(here: Settings, key: str, digit: int | None):
    return open_model(here, key).law(digit)


def _mean_energies(here: Settings, strings: torch.Tensor) -> np.ndarray:
    """Under the laws of a seven and of a two."""
    return np.mean([_law(here, DEMO, digit).energy(strings).numpy() for digit in (7, 2)], axis=0)


def test_a_string_decodes_as_the_model_decodes_it_and_its_layers_are_seen(here, demo):
    model = open_model(here, DEMO).model
    answer = look_inside.decoded(here, DEMO, demo, 7)
    spins = torch.from_numpy(as_spins(demo, 256))[None]
    assert np.abs(answer["output"] - model.decode(spins)[0].numpy() * 255).max() <= 0.5 + 1e-3
    assert answer["energy"] == pytest.approx(float(model.law(7).energy(spins)))
    shapes = {name: answer["decoder"][name].shape for name in ("hidden", "quarter", "half")}
    assert shapes == {"hidden": (16, 32), "quarter": (16, 7, 7), "half": (8, 14, 14)}
    # The last layer's maps are what the last convolution makes the digit of.
    decoder: Any = model.dvae.autoencoder.decoder
    with torch.no_grad():
        maps = torch.from_numpy(answer["decoder"]["half"]).float()[None]
        darker = torch.nn.functional.conv2d(maps, decoder.layers[-2].weight, padding=1)
        drawn = torch.nn.functional.pixel_shuffle(darker, 2)[0, 0].numpy()
    assert np.corrcoef(drawn.ravel(), answer["output"].ravel() / 255.0)[0, 1] > 0.7


def test_a_digit_is_encoded_as_the_model_encodes_it(here):
    model = open_model(here, DEMO).model
    example = look_inside.example(here, DEMO, 4, 3)
    answer = look_inside.encoded(here, DEMO, example["index"], 5)
    assert (answer["image"] == example["image"]).all()
    assert answer["label"] == answer["digit"] == example["label"] == 4
    assert set(np.unique(answer["image"])) == {0, 255}, "trained on black and white"
    with torch.no_grad():
        image = torch.from_numpy(answer["image"])[None] / 255
        wanted = torch.sigmoid(model.dvae.autoencoder.encoder(image))[0].numpy()
    assert answer["probabilities"] == pytest.approx(wanted, abs=1e-6)
    certain = np.abs(wanted - 0.5) > 0.4999
    assert certain.any()
    assert (answer["spins"] == np.where(wanted > 0.5, 1, -1))[certain].all()
    assert answer["text"] == as_text(answer["spins"])
    off = (answer["output"].astype(float) - answer["image"]) / 255
    assert answer["error"] == pytest.approx(np.square(off).mean(), abs=1e-3)
    assert answer["energy"] == look_inside.decoded(here, DEMO, answer["text"], 4)["energy"]
    assert look_inside.encoded(here, DEMO, example["index"], 6)["text"] != answer["text"]


def test_a_receptive_field_says_how_active_its_unit_is(here):
    answer = look_inside.encoded(here, DEMO, SEVEN, 0)
    encoder: Any = open_model(here, DEMO).model.dvae.autoencoder.encoder
    dense, norm = encoder.layers[1], encoder.layers[2]
    maps, ink = answer["encoder"], answer["image"] / 255
    assert answer["label"] is None
    assert np.abs(maps["fields"]).max((1, 2)).tolist() == [127] * 16
    # Batch normalisation is an affine map: what it does to no image is its shift.
    unit, image = maps["field_units"][0], torch.from_numpy(answer["image"])[None].float() / 255
    with torch.no_grad():
        dark = norm(dense(torch.zeros(1, 784)))[0, unit]
        lit = norm(dense(image.flatten(1)))[0, unit]
        white = norm(dense(torch.eye(784)))[:, unit] - dark
    assert maps["fields"][0].ravel() == pytest.approx((white / white.abs().max() * 127).numpy(), abs=0.6)
    assert (maps["fields"][0] / 127 * ink).sum() > 0
    assert maps["field_activations"][0] == pytest.approx(float(lit), rel=1e-4)
    assert maps["field_activations"] == sorted(maps["field_activations"], reverse=True)
    assert maps["first"].shape == maps["second"].shape == (16, 32)


def test_the_effect_of_a_flip_is_the_difference_that_it_makes(here, demo):
    effects = look_inside.flip_effects(here, DEMO, demo, 7)
    model, spins = open_model(here, DEMO).model, torch.from_numpy(as_spins(demo, 256))[None]
    for i in (0, 100, 255):
        flipped = spins.clone()
        flipped[0, i] *= -1
        both = torch.cat([spins, flipped])
        before, after = model.law(7).energy(both).tolist()
        assert effects["energies"][i] == pytest.approx(after - before, abs=1e-6)
        old, new = model.decode(both)
        assert effects["pixels"][i] == pytest.approx(float((new - old).abs().mean()), abs=1e-6)
    assert effects["pixels"].max() > 2 * np.median(effects["pixels"]), "some spins matter more than others"
    piece = look_inside.flip_effects(here, DEMO, demo, 7, first=100, count=20)
    assert piece["pixels"] == pytest.approx(effects["pixels"][100:120], abs=1e-6)
    assert piece["energies"] == pytest.approx(effects["energies"][100:120])


def test_held_spins_stay_and_the_rest_is_drawn_anew(here, demo):
    held = "10" * 128
    answer = resampled(here, DEMO, demo, held, 7, 1.0, 8, 1)
    strings, kept = answer["spins"], np.array([mark == "1" for mark in held])
    assert (strings[:, kept] == as_spins(demo, 256)[kept]).all()
    assert strings[:, ~kept].std(0).max() > 0.5
    assert answer["labels"] == [7] * 8
    assert answer["energies"] == pytest.approx(_law(here, DEMO, 7).energy(torch.from_numpy(strings)).numpy())
    everything = resampled(here, DEMO, demo, "1" * 256, 7, 1.0, 2, 1)
    assert everything["texts"] == [demo, demo]


def test_colder_samples_have_less_energy_and_at_zero_every_string_is_as_likely(here):
    means = [sampled(here, DEMO, None, beta, 30, 2)["energies"].mean() for beta in (0, 0.5, 1, 3)]
    assert means == sorted(means, reverse=True)
    answer = sampled(here, DEMO, None, 0, 64, 2)
    # 64 x 256 fair coins: a standard deviation of 0.008.
    assert abs(answer["spins"].mean()) < 0.04
    assert answer["labels"] == [read % 10 for read in range(64)]
    assert answer["images"].shape == (64, 28, 28)
    assert (answer["decoder"]["half"] == look_inside.decoded(here, DEMO, answer["texts"][0])["decoder"]["half"]).all()


def test_a_walk_flips_each_differing_spin_once_and_is_the_same_both_ways(here, demo):
    other = sampled(here, DEMO, 2, 1.0, 1, 3)["texts"][0]
    there = walk(here, DEMO, demo, other, 11, 7, 2)
    back = walk(here, DEMO, other, demo, 11, 2, 7)
    a, b = as_spins(demo, 256), as_spins(other, 256)
    assert sorted(there["order"].tolist()) == np.flatnonzero(a != b).tolist()
    assert there["texts"][0] == demo
    assert there["texts"][-1] == other
    assert there["path"] == pytest.approx(back["path"][::-1])
    strings = torch.from_numpy(np.stack([as_spins(text, 256) for text in there["texts"]]))
    assert there["energies"] == pytest.approx(_mean_energies(here, strings), abs=1e-4)
    # Flips in any order climb higher than those that are chosen.
    order = np.random.default_rng(0).permutation(there["order"])
    blind = np.repeat(a[None], len(order) + 1, 0)
    for step, flip in enumerate(order):
        blind[step + 1 :, flip] *= -1
    assert there["path"].max() < _mean_energies(here, torch.from_numpy(blind)).max()
    assert len(set(walk(here, DEMO, demo, demo, 3)["texts"])) == 1


def test_a_run_without_classes_is_seen_at_its_last_checkpoint(here, plain):
    facts = look_inside.facts(here, plain)
    assert (facts["step"], facts["objective"], facts["classes"], facts["class_linear"]) == (2, "mmd", False, None)
    assert (facts["data"], facts["image_size"], facts["test_images"]) == ("digits", 32, 297)
    assert facts["version"] == version(here, plain)
    example = look_inside.example(here, plain, None, 0)
    answer = look_inside.encoded(here, plain, example["index"], 0)
    assert answer["image"].shape == answer["output"].shape == (32, 32)
    assert (answer["label"], answer["digit"]) == (example["label"], None)
    assert sampled(here, plain, None, 1, 2, 0)["labels"] is None
    with pytest.raises(StoreError, match="no classes"):
        sampled(here, plain, 3, 1, 2, 0)
    store = RunStore(here.runs)
    folder = store.latest_checkpoint(plain.removeprefix("run:"))
    assert folder is not None
    folder.rename(folder.with_name("step-00000009"))
    assert version(here, plain) != facts["version"]
    assert look_inside.facts(here, plain)["step"] == 9


def test_the_graph_and_the_laws_of_a_shipped_model(here, demo):
    facts = look_inside.facts(here, DEMO)
    assert len(facts["nodes"]) == len(facts["positions"]) == 256
    law = _law(here, DEMO, 3)
    assert facts["linear"] + facts["class_linear"][3] == pytest.approx(law.linear.numpy())
    assert facts["quadratic"] + facts["class_quadratic"][3] == pytest.approx(law.quadratic.numpy())
    assert look_inside.decoded(here, DEMO, demo)["digit"] == 7, "its readout reads the string of a drawn seven"
    assert not len(facts["broken"])
    assert (facts["notice"] is None) == (facts["data"] == "mnist"), "what stands in is said"


@pytest.mark.parametrize("kind", ["zephyr", "pegasus", "chimera"])
def test_of_a_chip_what_did_not_work_is_seen_and_nothing_else(kind, tmp_path):
    whole = graphs.subgraph(kind, 200, 8, seed=1)
    assert [part.tolist() for part in (holes(whole).qubits, holes(whole).couplers)] == [[], []]
    # The rim of the graph may move: what is lost lies in the middle, but for one far away.
    off = np.abs(whole.positions - whole.positions.mean(0)).max(1)
    lost = int(whole.nodes[off.argmin()])
    central = whole.nodes[whole.edges][np.argsort(off[whole.edges].max(1))].tolist()
    pair = next(pair for pair in central if lost not in pair)
    chip = graphs.topology(kind, 8)
    far = next(node for node in sorted(chip) if not set(whole.nodes.tolist()) & {node, *chip[node]})
    graph = graphs.subgraph(kind, 200, 8, seed=1, missing_nodes=[lost, far], missing_edges=[tuple(pair)])
    graph.save(tmp_path / "graph.safetensors")
    found = holes(graphs.Graph.load(tmp_path / "graph.safetensors"))
    assert found.qubits.tolist() == [lost]
    assert graph.nodes[found.couplers].tolist() == [pair]
    neighbours = [node for node in chip[lost] if node in set(graph.nodes.tolist())]
    places = graph.positions[np.searchsorted(graph.nodes, neighbours)]
    assert (places.min(0) <= found.positions[0]).all()
    assert (found.positions[0] <= places.max(0)).all()
    # A graph without one of its nodes has a gap there, but nobody said that the qubit is broken.
    gap = graphs.induced(graph, np.delete(np.arange(200), off.argsort()[1]))[0]
    assert holes(gap).qubits is None
    assert holes(replace(gap, broken=graph.broken)).qubits.tolist() == [lost]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda s, t: look_inside.decoded(s, DEMO, t[1:]), "255 characters, but this model takes 256"),
        (lambda s, t: look_inside.decoded(s, DEMO, t[1:] + "0"), "each"),
        (lambda s, t: look_inside.decoded(s, DEMO, t[1:] + "٣"), "each"),
        (lambda s, _t: look_inside.decoded(s, DEMO, [1] * 256), "something else"),
        (lambda s, t: look_inside.decoded(s, DEMO, t, 10), "no digit 10"),
        (lambda s, t: look_inside.decoded(s, DEMO, t, "__import__"), "no digit"),
        (lambda s, t: look_inside.flip_effects(s, DEMO, t, 7, 200, 57), "count is 57"),
        (lambda s, t: look_inside.flip_effects(s, DEMO, t, 7, -1), "first is -1"),
        (lambda s, _t: look_inside.example(s, DEMO, True, 0), "no digit True"),
        (lambda s, _t: look_inside.example(s, DEMO, 3, -1), "seed is -1"),
        (lambda s, _t: look_inside.encoded(s, DEMO, 10**9, 0), "number of the test digit"),
        (lambda s, _t: look_inside.encoded(s, DEMO, "5", 0), "number of the test digit"),
        (lambda s, _t: look_inside.encoded(s, DEMO, [], 0), "nothing is drawn"),
        (lambda s, _t: look_inside.encoded(s, DEMO, [[[0.5, 1.5]]], 0), "no drawing"),
        (lambda s, t: resampled(s, DEMO, t, "2" * 256, 7, 1.0, 1, 0), "held spins"),
        (lambda s, _t: sampled(s, DEMO, 7, float("nan"), 1, 0), "inverse temperature is nan"),
        (lambda s, _t: sampled(s, DEMO, 7, True, 1, 0), "inverse temperature is True"),
        (lambda s, _t: sampled(s, DEMO, 7, 1.0, 65, 0), "count is 65"),
        (lambda s, t: walk(s, DEMO, t, t, 101), "number of frames is 101"),
        (lambda s, _t: look_inside.facts(s, "shipped:../demo"), "no model"),
        (lambda s, _t: look_inside.facts(s, ""), "no model"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(here, demo, ask, said):
    with pytest.raises(StoreError, match=said):
        ask(here, demo)


def test_hidden_spins_are_seen_drawn_and_flipped_and_change_no_pixel(here, partly_hidden):
    facts = look_inside.facts(here, partly_hidden)
    hidden = facts["hidden_spins"]
    assert (len(facts["nodes"]), len(hidden)) == (20, 4)
    found = look_inside.encoded(here, partly_hidden, 3, 0)
    assert len(found["text"]) == len(found["probabilities"]) == 20
    effects = look_inside.flip_effects(here, partly_hidden, found["text"])
    assert np.flatnonzero(effects["pixels"] == 0).tolist() == hidden.tolist()
    assert np.abs(effects["energies"]).min() > 0
    drawn = sampled(here, partly_hidden, 7, 1.0, 3, 0)
    assert drawn["spins"].shape == (3, 20)
    assert len(walk(here, partly_hidden, found["text"], drawn["texts"][0], 4)["images"]) == 4


def test_hidden_spins_of_a_test_digit_follow_the_law_of_its_label(here, partly_hidden):
    found = look_inside.encoded(here, partly_hidden, 3, 0)
    opened = open_model(here, partly_hidden)
    hidden, latent = opened.model.dvae.hidden, 2 * torch.tensor(found["probabilities"]) - 1
    assert hidden is not None
    means = hidden.join(latent[None, hidden.others], torch.zeros(1, 4))
    fields = opened.law(found["label"]).local_fields(means)[0, hidden.nodes]
    expected = torch.sigmoid(-2 * fields).float()
    torch.testing.assert_close(torch.tensor(found["probabilities"])[hidden.nodes], expected, atol=1e-5, rtol=0)
