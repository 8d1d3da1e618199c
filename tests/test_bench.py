"""`boltzmann bench samplers`: what it prints, never how fast."""

import io
import json
import math
from dataclasses import replace

import pytest
import torch
from rich.console import Console

from boltzmann.benchmarks.contenders import Annealer, Ours, Plugin, machine_of
from boltzmann.benchmarks.plan import FULL, QUICK
from boltzmann.benchmarks.problems import bipartite, without_edges, zephyr
from boltzmann.benchmarks.table import show, summary
from boltzmann.benchmarks.throughput import throughput
from boltzmann.cli import main

TINY = replace(QUICK, nodes=(16,), bipartite=((4, 3),), chains=(8,), seconds=0.001)
ROW = {
    *("graph", "n", "chains", "engine", "device", "threads", "million_updates_per_second", "ratio_to_block_sampler"),
    *("ratio_to_simulated_annealing", "share_of_limit", "speedup_of_threads"),
}


@pytest.fixture(scope="module")
def printed():
    """What ``boltzmann bench samplers --quick --json`` with two threads prints, and what it says meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        out, err = io.StringIO(), io.StringIO()
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        assert main(["bench", "samplers", "--quick", "--json", "--threads", "2"]) == 0
    return out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def found(printed):
    return json.loads(printed[0])


def on_processor(rows):
    """Rows by graph, number of chains, engine and number of threads."""
    return {(row["graph"], row["chains"], row["engine"], row["threads"]): row for row in rows if row["device"] == "cpu"}


def numbers(value):
    """All numbers within JSON values."""
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, int | float):
        yield value


def test_json_is_one_line_beside_progress_on_stderr(printed):
    out, err = printed
    assert len(out.splitlines()) == 1
    assert "spin updates a second: zephyr 64" in err


def test_json_has_what_it_promises(found):
    assert set(found) == {"machine", "rows", "fresh_samples_ms", "effective_samples_per_second", "accuracy"}
    assert set(found["machine"]["versions"]) == {"torch", "numba", "llvmlite", "dwave-samplers", "dwave-pytorch-plugin"}
    assert all(set(row) == ROW for row in found["rows"])
    engines = {("limit", 1), ("limit", 2), ("compiled", 1), ("compiled", 2)}
    engines |= {("torch", 1), ("simulated_annealing", 1), ("block_sampler", 1)}
    graphs = ("zephyr 64", "bipartite 24+16")
    assert set(on_processor(found["rows"])) == {(graph, 128, *engine) for graph in graphs for engine in engines}
    fresh = {(row["model"], row["threads"]): row["path"] for row in found["fresh_samples_ms"]}
    assert set(fresh) == {(m, t) for m in ("trained prior (standard)", "Gaussian, zephyr 64") for t in (1, 2)}
    assert fresh["Gaussian, zephyr 64", 1] == "plain"
    engines = [row["engine"] for row in found["effective_samples_per_second"]]
    assert engines == ["compiled", "simulated_annealing", "block_sampler", "compiled, tempered"]


def test_all_numbers_are_finite_and_positive(found):
    assert all(math.isfinite(number) and number > 0 for number in numbers(found))


def test_ratios_are_quotients_of_the_same_graph_and_chains(found):
    rows = on_processor(found["rows"])
    for (graph, chains, engine, threads), row in rows.items():

        def rate(name, count, case=(graph, chains)):
            return rows[*case, name, count]["million_updates_per_second"]

        own = rate(engine, threads)
        assert row["ratio_to_block_sampler"] == pytest.approx(own / rate("block_sampler", 1))
        assert row["ratio_to_simulated_annealing"] == pytest.approx(own / rate("simulated_annealing", 1))
        assert row["share_of_limit"] == pytest.approx(own / rate("limit", threads))
        assert row["speedup_of_threads"] == (pytest.approx(own / rate(engine, 1)) if threads > 1 else None)


def test_everybody_draws_from_the_exact_distribution(found):
    accuracy = found["accuracy"]
    # Seeds are fixed; six standard deviations of the floor also allow for what twenty sweeps leave of the start.
    limit = accuracy["floor_mean"] + 6 * accuracy["floor_standard_deviation"]
    assert {row["engine"] for row in accuracy["engines"] if row["total_variation"] < limit} == {
        *("compiled", "torch", "simulated_annealing", "block_sampler", "compiled, tempered")
    }


def test_tables_fit_a_hundred_columns_whole(found):
    rows = [row | {"graph": "bipartite 784+500", "chains": 1024} for row in found["rows"]]
    rows += [
        row | {"device": "cuda", "million_updates_per_second": 123_456} for row in rows if row["engine"] == "torch"
    ]
    text = io.StringIO()
    show(found | {"rows": [*found["rows"], *rows]}, Console(file=text, width=100))
    assert max(map(len, text.getvalue().splitlines())) <= 100
    assert "…" not in text.getvalue()
    assert summary(found["rows"], 2).split()[-1] in text.getvalue()


def test_summary_takes_the_least_on_zephyr(found):
    rows = [dict(row) for row in found["rows"] if row["engine"] == "compiled"]
    single, double = ([row for row in rows if row["threads"] == count] for count in (1, 2))
    for row, ratio in zip(single, (60, 50), strict=True):
        row |= {"ratio_to_block_sampler": ratio, "ratio_to_simulated_annealing": 8, "share_of_limit": 0.3}
    for row in double:
        row["speedup_of_threads"] = 1.75
    told = (
        "One thread on Zephyr graphs: at least 60 times BlockSampler, 8 times simulated annealing and 30% of the limit"
    )
    assert summary(rows, 2) == f"{told}; 2 threads at least 1.75 times one."
    single[1]["graph"] = "zephyr 32"
    assert summary(rows, 1) == f"{told}.".replace("60", "50")


def test_a_block_sampler_that_needs_too_much_memory_is_left_out(monkeypatch):
    monkeypatch.setattr(Plugin, "fits", classmethod(lambda cls, model, chains: model.graph.topology == "zephyr"))
    rows = throughput(TINY, 1, lambda words: None)
    assert {row["graph"] for row in rows if row["engine"] == "block_sampler"} == {"zephyr 16"}
    assert all(row["ratio_to_block_sampler"] is None for row in rows if row["graph"] == "bipartite 4+3")
    assert Plugin.fits(zephyr(16), 8)


def test_memory_of_the_block_sampler(monkeypatch):
    monkeypatch.setattr("os.sysconf", lambda name: {"SC_PHYS_PAGES": 3 * 8 * 7 * 4 * 4, "SC_PAGE_SIZE": 1}[name])
    # Seven chains of the larger side's four nodes with four neighbours, eight bytes each: just not below a third.
    assert not Plugin.fits(bipartite(4, 3), 7)
    assert Plugin.fits(bipartite(4, 3), 6)


@pytest.mark.parametrize("kind", [Ours, Annealer, Plugin])
def test_contenders_hand_out_spins_in_the_models_order(kind):
    model = zephyr(16)
    strong = type(model)(model.graph, torch.linspace(-30, 30, 16), 0 * model.quadratic)
    contender = kind(strong, machine_of(strong), 5) if kind is Plugin else kind(strong, 5)
    assert contender.sweep(2) > 0
    assert contender.spins().dtype == torch.int8
    assert torch.equal(contender.spins().int(), -strong.linear.sign().int().expand(5, 16))


def test_problems():
    model = bipartite(3, 2)
    assert model.graph.edges.tolist() == [[0, 3], [0, 4], [1, 3], [1, 4], [2, 3], [2, 4]]
    assert model.graph.colours.tolist() == [0, 0, 0, 1, 1]
    assert without_edges(model).n == 5
    assert len(without_edges(model).quadratic) == 0
    assert (FULL.nodes, FULL.chains, FULL.bipartite) == ((256, 1024, 2048), (256, 1024), ((784, 500),))


def test_threads_must_be_one_or_more(capsys):
    assert main(["bench", "samplers", "--threads", "0"]) == 2
    assert "--threads is 0: use 1 or more" in capsys.readouterr().err
