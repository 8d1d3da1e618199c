import pytest
import torch

from boltzmann.config import GibbsConfig
from boltzmann.graphs import Graph, subgraph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.engines import Layout
from boltzmann.samplers.gibbs import EXAMINE_EVERY, GibbsSampler, block_gibbs, prepare, schedule


@pytest.fixture
def lasting(make_model) -> IsingModel:
    """Fields so strong that chains do not move, so that one sees where they began."""
    model = make_model(16, scale=0.1)
    return IsingModel(model.graph, 30 * torch.ones(16), model.quadratic)


def test_schedule() -> None:
    assert schedule(GibbsConfig(sweeps=3)) == [1, 1, 1]
    assert schedule(GibbsConfig(sweeps=4, schedule="annealed")) == [0, 0.5, 1, 1]
    assert schedule(GibbsConfig(sweeps=1, schedule="annealed")) == [1]


def test_infinite_temperature_is_a_fair_coin(make_model) -> None:
    model = make_model(64, scale=5.0)
    start = torch.ones(4096, 64, dtype=torch.int8)
    spins = block_gibbs(Layout(model.graph), model, [0.0], 4096, seed=0, start=start)
    # Standard error of each mean: 1 / sqrt(4096) = 0.016.
    assert spins.double().mean(0).abs().max() < 5 / 64


def test_low_temperature_obeys_the_fields_alone(lasting) -> None:
    assert (GibbsSampler(GibbsConfig(sweeps=1), 0).sample(lasting, 64).spins == -1).all()


def test_persistent_chains_go_on(make_model) -> None:
    """One sweep a call mixes over many calls only where chains persist."""
    model = make_model(64, scale=0.3, seed=1)
    fresh, kept = (GibbsSampler(GibbsConfig(sweeps=1, persistent=p, tempering="never"), 0) for p in (False, True))
    settled = GibbsSampler(GibbsConfig(sweeps=200), 0).sample(model, 512).energies.mean()
    late = [kept.sample(model, 512).energies.mean() for _ in range(200)][-1]
    spread = 5 * 64**0.5 / 512**0.5
    assert abs(late - settled) < spread
    assert fresh.sample(model, 512).energies.mean() > settled + 2 * spread


def test_persistent_chains_skip_the_ramp_and_survive_clamped_calls(make_model) -> None:
    model = make_model(16, scale=0.2)
    sampler, undisturbed = (
        GibbsSampler(GibbsConfig(sweeps=2, persistent=True, schedule="annealed", tempering="never"), 0)
        for _ in range(2)
    )
    assert sampler.sample(model, 8).info["persistent"] is False
    undisturbed.sample(model, 8)
    clamped = sampler.sample(model, 8, clamp=torch.ones(16, dtype=torch.int8))
    assert clamped.info["persistent"] is False
    assert torch.equal(sampler.state()["chains"], undisturbed.state()["chains"])
    assert sampler.sample(model, 8).info["persistent"] is True


def test_another_number_of_reads_starts_afresh(make_model) -> None:
    model = make_model(16, scale=0.2)
    sampler = GibbsSampler(GibbsConfig(persistent=True, tempering="never"), 0)
    sampler.sample(model, 8)
    assert sampler.sample(model, 9).info["persistent"] is False
    assert sampler.sample(model, 9).info["persistent"] is True


def test_new_coefficients_are_used_on_the_kept_structure(lasting) -> None:
    sampler = GibbsSampler(GibbsConfig(sweeps=2), 0)
    assert (sampler.sample(lasting, 8).spins == -1).all()
    flipped = IsingModel(lasting.graph, -lasting.linear, lasting.quadratic)
    assert (sampler.sample(flipped, 8).spins == 1).all()


def test_structure_is_kept_for_a_graph(make_model) -> None:
    model, other = make_model(16), make_model(17)
    layout = prepare(None, model)
    assert prepare(layout, model) is layout
    assert prepare(layout, other) is not layout


def test_a_graph_read_from_disk_samples_alike(tmp_path, make_model) -> None:
    model = make_model(16)
    model.graph.save(tmp_path / "graph.safetensors")
    again = IsingModel(Graph.load(tmp_path / "graph.safetensors"), model.linear, model.quadratic)
    spins = [GibbsSampler(GibbsConfig(), 5).sample(m, 9).spins for m in (model, again)]
    assert torch.equal(*spins)


def test_a_single_spin() -> None:
    model = IsingModel(subgraph("chimera", 1), torch.tensor([-40.0]), torch.zeros(0))
    assert (GibbsSampler(GibbsConfig(sweeps=1), 0).sample(model, 3).spins == 1).all()


@pytest.fixture
def valleys(make_model) -> IsingModel:
    """A ferromagnet: plain chains keep the sign that they fell into."""
    graph = make_model(48).graph
    return IsingModel(graph, torch.zeros(48), torch.full((len(graph.edges),), -0.3))


@pytest.mark.parametrize(("tempering", "verdict"), [("auto", "mixing"), ("always", "mixing"), ("never", "stuck")])
def test_tempers_where_plain_chains_are_stuck(valleys, tempering, verdict) -> None:
    info = GibbsSampler(GibbsConfig(tempering=tempering), 0).sample(valleys, 128).info
    assert info["mixing"]["verdict"] == verdict
    assert (info["tempering"] is None) == (tempering == "never")
    assert info["persistent"] == (tempering != "never")
    if tempering == "auto":
        assert info["plain_mixing"]["verdict"] == "stuck"


def test_does_not_temper_where_plain_chains_mix(make_model) -> None:
    info = GibbsSampler(GibbsConfig(), 0).sample(make_model(48, scale=0.1), 128).info
    assert info["tempering"] is None
    assert info["mixing"]["verdict"] == "mixing"
    assert info["engine"].startswith("processor")


def test_looks_again_after_some_calls(make_model, valleys) -> None:
    easy = IsingModel(valleys.graph, valleys.linear, valleys.quadratic / 10)
    sampler = GibbsSampler(GibbsConfig(sweeps=20), 0)
    assert sampler.sample(easy, 32).info["tempering"] is None
    tempered = [sampler.sample(valleys, 32).info["tempering"] is not None for _ in range(EXAMINE_EVERY)]
    assert tempered == [False] * (EXAMINE_EVERY - 1) + [True]
    assert sampler.sample(valleys, 32).info["tempering"]["levels"] > 1


@pytest.mark.parametrize("calls", [1, EXAMINE_EVERY - 1])
def test_a_restored_sampler_goes_on_tempering_alike(valleys, calls) -> None:
    first = GibbsSampler(GibbsConfig(sweeps=10), 0)
    for _ in range(calls):
        first.sample(valleys, 40)
    second = GibbsSampler(GibbsConfig(sweeps=10), 9)
    second.restore({key: value.clone() for key, value in first.state().items()})
    for _ in range(3):
        assert torch.equal(first.sample(valleys, 40).spins, second.sample(valleys, 40).spins)


def test_restoring_and_saving_at_once_loses_nothing(valleys) -> None:
    first = GibbsSampler(GibbsConfig(), 0)
    first.sample(valleys, 40)
    second = GibbsSampler(GibbsConfig(), 9)
    second.restore(first.state())
    saved = second.state()
    assert saved.keys() == first.state().keys()
    assert all(torch.equal(saved[key], value) for key, value in first.state().items())


@pytest.mark.parametrize("tempering", ["auto", "always"])
def test_reads_of_different_laws_are_not_taken_for_chains_that_disagree(make_model, tempering) -> None:
    """Strong fields of either sign: each law mixes at once, and their chains never agree."""
    easy = make_model(48, scale=0.1)
    fields = torch.tensor([[1.5], [-1.5]]).expand(2, 48)
    both = IsingModel(easy.graph, fields, easy.quadratic, torch.arange(128) % 2)
    info = GibbsSampler(GibbsConfig(tempering=tempering), 0).sample(both, 128).info
    assert info["mixing"]["verdict"] == "mixing"
    assert info["mixing"]["spin_r_hat"] < 1.05
    assert (info["tempering"] is None) == (tempering == "auto")


def test_tempered_reads_of_as_many_laws_have_no_verdict(make_model) -> None:
    easy = make_model(48, scale=0.1)
    fields = torch.randn(8, 48, generator=torch.Generator().manual_seed(0))
    model = IsingModel(easy.graph, fields, easy.quadratic, torch.arange(8))
    answer = GibbsSampler(GibbsConfig(tempering="always"), 0).sample(model, 8)
    assert answer.info["mixing"] is None
    assert answer.spins.shape == (8, 48)
