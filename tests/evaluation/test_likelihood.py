import pytest
import torch

from boltzmann.evaluation.likelihood import annealed_importance_log_partition
from boltzmann.graphs import subgraph
from boltzmann.samplers.base import IsingModel
from boltzmann.samplers.exact import log_partition


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_annealed_importance_sampling_finds_the_exact_log_partition(scale, seed):
    """Within five of its own standard errors, which are below 0.2 nats, and a hundredth for their own uncertainty."""
    generator = torch.Generator().manual_seed(seed)
    graph = subgraph("zephyr", 16, size=2, seed=seed)
    linear = scale * torch.randn(16, generator=generator)
    quadratic = scale * torch.randn(len(graph.edges), generator=generator)
    model = IsingModel(graph, linear, quadratic)
    estimate, error = annealed_importance_log_partition(model, generator)
    assert error.item() < 0.2
    assert estimate.item() == pytest.approx(float(log_partition(model)), abs=5 * error.item() + 0.01)


def test_without_couplings_it_is_exact():
    graph = subgraph("zephyr", 16, size=2, seed=0)
    model = IsingModel(graph, torch.zeros(16), torch.zeros(len(graph.edges)))
    estimate, error = annealed_importance_log_partition(model, torch.Generator().manual_seed(0))
    assert estimate.item() == pytest.approx(16 * 0.6931471805599453)
    assert error.item() == 0


def test_chains_of_several_laws_give_the_log_partition_of_each():
    generator = torch.Generator().manual_seed(1)
    graph = subgraph("zephyr", 16, size=2, seed=0)
    fields, quadratic = (
        torch.randn(3, 16, generator=generator),
        0.3 * torch.randn(len(graph.edges), generator=generator),
    )
    exact = torch.tensor([log_partition(IsingModel(graph, linear, quadratic)) for linear in fields])
    kinds = torch.arange(192) % 3
    model = IsingModel(graph, fields, quadratic, kinds)
    estimate, error = annealed_importance_log_partition(model, generator)
    assert (error < 0.2).all()
    assert ((estimate - exact).abs() < 5 * error + 0.01).all()
