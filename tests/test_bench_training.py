"""`boltzmann bench training`: what it measures and prints, never how fast. No MNIST is needed: the embedded digits do."""

import io
import json
import math
from dataclasses import replace

import pytest
import torch
from rich.console import Console

from boltzmann import data
from boltzmann.benchmarks import training
from boltzmann.benchmarks.peer_recipe import LATENTS, READS, REPLICAS, PeerRecipe
from boltzmann.benchmarks.trainees import Ours, Peer, Trainee
from boltzmann.benchmarks.training import FULL, QUICK, Progress, TrainingPlan, race
from boltzmann.benchmarks.training_table import show
from boltzmann.cli import main
from boltzmann.config import PRESETS, DataConfig

CPU = torch.device("cpu")
TINY = replace(
    QUICK,
    seconds=0.1,
    slice=0.1,
    test_images=50,
    changes={"data": {"dataset": "digits", "train_size": 512}, "training": {"epochs": 1}},
)
ROW = {
    *("recipe", "image_size", "latents", "batch", "replicas", "parameters", "turns", "steps_per_second"),
    *("images_per_second", "curve", "seconds_to_test_mse", "steps", "epochs", "seconds", "frechet_distance"),
    *("frechet_floor", "class_histogram", "threshold"),
}


@pytest.fixture(scope="module")
def framed(tmp_path_factory):
    """The embedded digits in black and white, 32 x 32."""
    config = DataConfig(dataset="digits", image_size=32, pixels="binary")
    return data.load(config, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What ``boltzmann bench training --quick --json`` finds on embedded digits that are taken for MNIST."""
    load, out = data.load, io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "load", lambda *given, **named: replace(load(*given, **named), source="mnist", notice=None))
        patch.setattr(training, "QUICK", TINY)
        patch.setattr("sys.stdout", out)
        patch.setenv("BOLTZMANN_CACHE", str(tmp_path_factory.mktemp("cache")))
        assert main(["bench", "training", "--quick", "--json"]) == 0
    assert len(out.getvalue().splitlines()) == 1
    return json.loads(out.getvalue())


class Sleeper(Trainee):
    """Trains by the clock alone: a step of one second and ten images."""

    image_size, latents, batch, replicas = 28, 4, 10, 1

    def __init__(self, length=math.inf):
        super().__init__()
        self.length = length

    @property
    def done(self):
        return self.steps >= self.length

    def parameters(self):
        return {"encoder": 1, "decoder": 1}

    def advance(self, seconds):
        self.steps += 1
        self.seconds += 1.0
        return 10.0 if self.steps == 1 else 20.0

    def step(self):
        raise AssertionError("advance takes the steps")

    def reconstruct(self, images):
        return images + 1 / (1 + self.steps)

    def draw(self, count):
        raise AssertionError("nobody asked for digits")


def test_the_peer_has_the_demos_size(framed):
    counts = Peer(framed, CPU, 28).parameters()
    assert counts["encoder"] == pytest.approx(389_000, rel=0.02)
    assert counts["decoder"] == pytest.approx(651_000, rel=0.02)
    assert (Peer.batch, Peer.replicas, Peer.latents, Peer.image_size) == (128, 8, 256, 32)


def test_the_peers_losses_fall(framed):
    recipe = PeerRecipe(CPU)
    images = framed.train[:32].float() / 255
    losses = [recipe.step(images) for _ in range(16)]
    # One batch again and again. Measured: 0.58 times the MSE, 0.54 times the sum (seed 0; others 0.66, 0.76; 0.48, 0.55).
    assert sum(loss["mse"] for loss in losses[-3:]) < 0.8 * sum(loss["mse"] for loss in losses[:3])
    totals = [loss["mse"] + loss["mmd"] for loss in losses]
    assert sum(totals[-3:]) < 0.7 * sum(totals[:3])


def test_the_peers_prior_learns_at_every_tenth_step(framed):
    recipe = PeerRecipe(CPU)
    images, before, moved = framed.train[:4].float() / 255, recipe.prior.theta.detach().clone(), []
    for _ in range(11):
        recipe.step(images)
        moved.append(not torch.equal(recipe.prior.theta.detach(), before))
        before = recipe.prior.theta.detach().clone()
    assert [step for step, changed in enumerate(moved) if changed] == [0, 10]


def test_the_peer_draws_eight_strings_an_image_and_its_prior_spins(framed):
    recipe = PeerRecipe(CPU)
    logits, spins, images = recipe.autoencoder(framed.test[:2].float() / 255, REPLICAS)
    assert (logits.shape, spins.shape, images.shape) == ((2, LATENTS), (2, 8, LATENTS), (2, 8, 32, 32))
    for strings, shape in ((spins, (2, 8, LATENTS)), (recipe.sample(READS), (READS, LATENTS))):
        assert tuple(strings.shape) == shape
        assert set(strings.unique().tolist()) == {-1, 1}


def test_looking_at_the_peer_and_other_random_numbers_change_nothing(framed):
    images = framed.train[:8].float() / 255
    alone, watched = PeerRecipe(CPU), PeerRecipe(CPU)
    for _ in range(3):
        torch.rand(3)
        first = watched.reconstruct(images, torch.Generator().manual_seed(0))
        assert torch.equal(first, watched.reconstruct(images, torch.Generator().manual_seed(0)))
        assert watched.step(images) == alone.step(images)


def test_the_peer_is_judged_by_its_inner_pixels(framed):
    peer = Peer(framed, CPU, 28)
    inner = framed.test[:5, 2:-2, 2:-2].float() / 255
    whole = peer._recipe.reconstruct(framed.test[:5].float() / 255, torch.Generator().manual_seed(0))
    assert torch.equal(peer.reconstruct(inner), whole[:, 2:-2, 2:-2])
    assert peer.test_mse(inner) == pytest.approx((whole[:, 2:-2, 2:-2] - inner).square().mean().item())
    digits, labels = peer.draw(3)
    assert (tuple(digits.shape), labels) == ((3, 28, 28), None)
    assert 0 <= digits.min() <= digits.max() <= 1


def test_the_peer_meets_every_image_once_an_epoch(framed):
    marked = torch.arange(300).reshape(300, 1, 1).bitwise_and(torch.tensor([256, 255])).clamp(max=255).to(torch.uint8)
    peer, seen = Peer(replace(framed, train=marked), CPU, 28), []
    peer._recipe.step = seen.append
    for _ in range(3):
        peer.step()
    # Two batches of 128 are an epoch of 300 images; the rest is left out.
    assert [len(batch) for batch in seen] == [128] * 3
    assert len(torch.cat(seen[:2]).flatten(1).unique(dim=0)) == 256


def test_ours_is_the_preset_as_it_stands(tmp_path):
    config = PRESETS["demo"].model_copy(update={"data": DataConfig(dataset="digits", pixels="binary", train_size=512)})
    ours = Ours(config, data.load(config.data, tmp_path))
    assert (ours.batch, ours.latents) == (config.training.batch_size, config.model.n_latents)
    assert ours.advance(1e-9) > 0
    assert ours.steps == 1
    assert not ours.done


def test_json_has_what_it_promises(found):
    assert set(found) == {"machine", "images_per_second_ratio", "test_images", "rows"}
    ours, peer = found["rows"]
    assert set(ours) == set(peer) == ROW
    assert (ours["recipe"], peer["recipe"]) == ("ours", "public demo")
    assert (ours["image_size"], peer["image_size"]) == (28, 32)
    assert found["machine"]["threads"] == 1
    assert found["test_images"] == TINY.test_images


def test_figures_fit_together(found):
    ours, peer = found["rows"]
    assert found["images_per_second_ratio"] == pytest.approx(ours["images_per_second"] / peer["images_per_second"])
    batch = PRESETS["demo"].training.batch_size
    assert (ours["steps"], ours["epochs"]) == (512 // batch, 512 // batch * batch / 512)
    assert peer["seconds"] >= max(TINY.seconds, ours["seconds"])
    for row in (ours, peer):
        assert row["images_per_second"] == pytest.approx(row["steps_per_second"] * row["batch"])
        seconds = [point[0] for point in row["curve"]]
        assert seconds == sorted(seconds)
        assert seconds[-1] == pytest.approx(row["seconds"])
        assert all(0 < mse < 1 for _, mse in row["curve"])
        assert row["frechet_distance"] > row["frechet_floor"] > 0
        assert sum(row["class_histogram"]) == pytest.approx(1)
        for target, reached in row["seconds_to_test_mse"].items():
            expected = [seconds for seconds, mse in row["curve"] if mse <= float(target)]
            assert reached == (expected[0] if expected else None)
    assert ours["threshold"] == 0.5


def test_the_peer_trains_for_its_time_and_at_least_as_long_as_ours():
    for length, seconds, expected in ((3, 8.0, 8), (6, 2.0, 6)):
        ours, peer = Progress(Sleeper(length)), Progress(Sleeper())
        race(ours, peer, TrainingPlan(seconds=seconds), torch.zeros(2, 28, 28), lambda words: None)
        assert (ours.trainee.steps, peer.trainee.steps) == (length, expected)
        # Rates count while both train in turn.
        assert ours.rates == peer.rates == [10.0] + [20.0] * (length - 1)
        assert [point[0] for point in peer.curve] == [float(second) for second in range(1, expected + 1)]
        assert peer.curve[0][1] == pytest.approx(1 / 4)


def test_tables_fit_a_hundred_columns_and_say_what_was_not_reached(found):
    ours, peer = (dict(row) for row in found["rows"])
    ours |= {"seconds": 75.0, "curve": [[1.0, 0.2], [3.0, 0.045], [75.0, 0.0312]]}
    ours["seconds_to_test_mse"] = {"0.05": 3.0, "0.04": 75.0}
    peer |= {
        "seconds": 480.0,
        "curve": [[1.5, 0.3], [480.0, 0.0812]],
        "seconds_to_test_mse": {"0.05": None, "0.04": None},
    }
    text = io.StringIO()
    show(found | {"rows": [ours, peer]}, Console(file=text, width=100))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert "…" not in text.getvalue()
    (reached,) = (line.split() for line in lines if "test MSE of 0.05" in line)
    assert reached[-5:] == ["3.00", "not", "in", "480", "s"]
    # After 80 seconds ours had ended; after one second the peer had shown nothing yet.
    curve = [line.split() for line in lines if line.startswith((" ours ", " public demo "))]
    assert curve[-2] == ["ours", "0.2000", "0.2000", *["0.0450"] * 4]
    assert curve[-1] == ["public", "demo", *["0.3000"] * 8, "0.0812"]


def test_without_mnist_it_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(training, "QUICK", TINY)
    assert main(["bench", "training", "--quick"]) == 2
    assert "set BOLTZMANN_DATA (or --data) to a folder that holds MNIST/raw" in capsys.readouterr().err


def test_the_full_plan():
    assert (FULL.seconds, FULL.test_images, FULL.changes) == (120.0, 1000, {})
