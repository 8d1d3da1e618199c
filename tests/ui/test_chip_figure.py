import numpy as np

from boltzmann.graphs import subgraph, uncoupled
from boltzmann.ui.figures import chip_figure

GRAPH = subgraph("zephyr", 20, size=2)
SPINS = np.where(np.arange(20) % 3, 1, -1)


def drawn(hidden):
    figure = chip_figure(GRAPH.positions, GRAPH.edges, SPINS, GRAPH.nodes, "light", hidden)
    return {trace.name: trace for trace in figure.data if trace.mode == "markers"}


def test_hidden_spins_are_diamonds_and_say_so():
    hidden = uncoupled(GRAPH, 5)
    traces = drawn(hidden)
    assert "hidden (5)" in traces
    found = [
        qubit
        for name, trace in traces.items()
        if name.startswith("spin")
        for qubit, symbol, words in zip(trace.customdata, trace.marker.symbol, trace.text, strict=True)
        if (symbol, words) == ("diamond", ", hidden")
    ]
    assert sorted(found) == GRAPH.nodes[hidden].tolist()


def test_without_hidden_spins_nothing_is_said_of_them():
    traces = drawn(uncoupled(GRAPH, 0))
    assert [name.split(" (")[0] for name in traces] == ["spin up", "spin down"]
    assert {trace.marker.symbol for trace in traces.values()} == {"circle"}
