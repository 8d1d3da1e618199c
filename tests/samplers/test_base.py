"""Energies and local fields against sums written out, on a sparse graph and on a dense one."""

import pytest
import torch

from boltzmann import graphs
from boltzmann.samplers.base import DENSE, IsingModel


@pytest.mark.parametrize("dense", [False, True])
def test_energies_and_fields_are_those_of_the_sums_written_out(make_model, dense) -> None:
    generator = torch.Generator().manual_seed(0)
    model = make_model(128, scale=0.5)
    if dense:
        graph = graphs.bipartite(9, 7)
        n, m = len(graph.nodes), len(graph.edges)
        model = IsingModel(graph, torch.randn(n, generator=generator), torch.randn(m, generator=generator))
    n = model.n
    assert (2 * len(model.graph.edges) > DENSE * n**2) == dense
    spins = (torch.randint(2, (5, n), generator=generator) * 2 - 1).to(torch.int8)
    fields, energies = model.local_fields(spins), model.energy(spins)
    edges = list(zip(model.graph.edges.tolist(), model.quadratic.tolist(), strict=True))
    linear = model.linear.tolist()
    for read, s in enumerate(spins.tolist()):
        wanted = list(linear)
        for (i, j), coupling in edges:
            wanted[i] += coupling * s[j]
            wanted[j] += coupling * s[i]
        assert fields[read].tolist() == pytest.approx(wanted, abs=1e-12)
        pairs = sum(coupling * s[i] * s[j] for (i, j), coupling in edges)
        total = sum(h * spin for h, spin in zip(linear, s, strict=True)) + pairs
        assert float(energies[read]) == pytest.approx(total, abs=1e-12)
