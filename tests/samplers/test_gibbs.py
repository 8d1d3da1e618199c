import pytest
import torch

from boltzmann.config import GibbsConfig
from boltzmann.graphs import Graph, subgraph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.gibbs import Blocks, GibbsSampler, block_gibbs, prepare, schedule


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
    blocks = Blocks(model.graph, torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    start = torch.ones(4096, 64, dtype=torch.int8)
    spins = block_gibbs(blocks, model.linear, model.quadratic, [0.0], 4096, generator, start=start)
    # Standard error of each mean: 1 / sqrt(4096) = 0.016.
    assert spins.double().mean(0).abs().max() < 5 / 64


def test_low_temperature_obeys_the_fields_alone(lasting) -> None:
    assert (GibbsSampler(GibbsConfig(sweeps=1), 0).sample(lasting, 64).spins == -1).all()


def test_persistent_chains_go_on(make_model) -> None:
    """One sweep a call mixes over many calls only where chains persist."""
    model = make_model(64, scale=0.3, seed=1)
    fresh, kept = (GibbsSampler(GibbsConfig(sweeps=1, persistent=p), 0) for p in (False, True))
    settled = GibbsSampler(GibbsConfig(sweeps=200), 0).sample(model, 512).energies.mean()
    for _ in range(200):
        late = kept.sample(model, 512).energies.mean()
    spread = 5 * 64**0.5 / 512**0.5
    assert abs(late - settled) < spread
    assert fresh.sample(model, 512).energies.mean() > settled + 2 * spread


def test_persistent_chains_skip_the_ramp_and_survive_clamped_calls(make_model) -> None:
    model = make_model(16, scale=0.2)
    sampler, undisturbed = (
        GibbsSampler(GibbsConfig(sweeps=2, persistent=True, schedule="annealed"), 0) for _ in range(2)
    )
    assert sampler.sample(model, 8).info["persistent"] is False
    undisturbed.sample(model, 8)
    clamped = sampler.sample(model, 8, clamp=torch.ones(16, dtype=torch.int8))
    assert clamped.info["persistent"] is False
    assert torch.equal(sampler.state()["chains"], undisturbed.state()["chains"])
    assert sampler.sample(model, 8).info["persistent"] is True


def test_another_number_of_reads_starts_afresh(make_model) -> None:
    model = make_model(16, scale=0.2)
    sampler = GibbsSampler(GibbsConfig(persistent=True), 0)
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
    blocks = prepare(None, model)
    assert prepare(blocks, model) is blocks
    assert prepare(blocks, other) is not blocks


def test_a_graph_read_from_disk_samples_alike(tmp_path, make_model) -> None:
    model = make_model(16)
    model.graph.save(tmp_path / "graph.safetensors")
    again = IsingModel(Graph.load(tmp_path / "graph.safetensors"), model.linear, model.quadratic)
    spins = [GibbsSampler(GibbsConfig(), 5).sample(m, 9).spins for m in (model, again)]
    assert torch.equal(*spins)


def test_a_single_spin() -> None:
    model = IsingModel(subgraph("chimera", 1), torch.tensor([-40.0]), torch.zeros(0))
    assert (GibbsSampler(GibbsConfig(sweeps=1), 0).sample(model, 3).spins == 1).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_the_exact_distribution(small_model) -> None:
    from boltzmann.samplers.exact import probabilities, states_of

    model = IsingModel(small_model.graph, small_model.linear.cuda(), small_model.quadratic.cuda())
    answer = GibbsSampler(GibbsConfig(sweeps=100), 0).sample(model, 32_768)
    assert answer.spins.is_cuda
    counts = torch.bincount(states_of(answer.spins.cpu()), minlength=4096)
    assert (counts / 32_768 - probabilities(small_model)).abs().sum() / 2 < 0.05
