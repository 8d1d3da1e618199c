"""What every registered sampler must keep, with the exact distribution as the judge (see the fixture ``judge``).

The distance of independent samples scatters with a standard deviation of at most 0.0025 here; the tolerance is four of them.
Samplers of real services are judged through a simulated one on this machine, spoken to by the service's own client: a
quarter of the reads, so twice the tolerance, and at the temperature that the service hides.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import numpy as np
import pytest
import torch

from boltzmann import samplers
from boltzmann.config import (
    SAMPLER_CONFIGS,
    AnnealingConfig,
    DWaveConfig,
    DynexConfig,
    ExactConfig,
    GibbsConfig,
    SimulatedQPUConfig,
)
from boltzmann.loopback.dwave import DWaveService
from boltzmann.loopback.dynex import DynexService
from boltzmann.samplers.base import IsingModel, Sampler, Samples
from boltzmann.samplers.exact import probabilities

HIDDEN = 4.0
CONFIGS = {
    "gibbs": GibbsConfig(sweeps=100),
    "annealing": AnnealingConfig(sweeps=100),
    # A known temperature and no coefficient errors: what remains is an anneal, judged at its reported temperature.
    "simulated_qpu": SimulatedQPUConfig(
        inverse_temperature=4.0, prefactor=0.25, coefficient_noise=0.0, annealing_time=100
    ),
    "exact": ExactConfig(),
    "dwave": DWaveConfig(prefactor=1 / HIDDEN),
    "dynex": DynexConfig(prefactor=1 / HIDDEN),
}
SERVICES = {
    "dwave": lambda: DWaveService(inverse_temperature=HIDDEN, broken_qubits=0, broken_couplers=0),
    "dynex": lambda: DynexService(inverse_temperature=HIDDEN),
}
"""What answers the samplers of services. They are not reproducible, and scaled so that they draw from the model itself."""


@pytest.fixture(params=list(CONFIGS))
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def service() -> Iterator[Callable]:
    """The simulated service of a sampler, started once."""
    started = {}
    with ExitStack() as running:

        def find(name: str):
            if name not in started:
                started[name] = running.enter_context(SERVICES[name]())
            return started[name]

        yield find


@pytest.fixture
def create(name, service, monkeypatch) -> Iterator[Callable[[int], Sampler]]:
    """Makes the sampler with a seed, able to reach its service; all are closed at the end."""
    if name in SERVICES:
        for variable in [variable for variable in os.environ if variable.startswith(("DWAVE_", "DYNEX_"))]:
            monkeypatch.delenv(variable)
        # Whatever the user's own configuration says, it is not read.
        monkeypatch.setenv("DWAVE_CONFIG_FILE", os.devnull)
        for variable, value in service(name).environment.items():
            monkeypatch.setenv(variable, value)
    with ExitStack() as open_samplers:

        def make(seed: int) -> Sampler:
            sampler = samplers.create(CONFIGS[name], seed)
            open_samplers.callback(sampler.close)
            return sampler

        yield make


@pytest.fixture
def sampler(create) -> Sampler:
    return create(7)


@pytest.fixture
def reads(name) -> int:
    return 8192 if name in SERVICES else 32_768


@pytest.fixture
def tolerance(name) -> float:
    return 0.02 if name in SERVICES else 0.01


@pytest.fixture
def law(name) -> Callable[[IsingModel, Samples], IsingModel]:
    """What the samples must follow: the model at the temperature that the sampler reports, or that its service hides."""
    return lambda model, answer: (
        model if name in SERVICES else at(model, answer.info.get("effective_inverse_temperature"))
    )


@pytest.fixture
def reproducible(name) -> None:
    if not samplers.capabilities(name).reproducible:
        pytest.skip("its random numbers are the service's own")


@pytest.fixture
def pattern() -> torch.Tensor:
    held = torch.zeros(12, dtype=torch.int8)
    held[[0, 3, 7, 10]] = torch.tensor([1, -1, 1, 1], dtype=torch.int8)
    return held


def at(model: IsingModel, beta: float | None) -> IsingModel:
    return model if beta is None else IsingModel(model.graph, beta * model.linear, beta * model.quadratic)


def test_every_registered_sampler_is_judged_here() -> None:
    assert set(CONFIGS) == set(samplers.names()) == set(SAMPLER_CONFIGS)


def test_says_what_it_can_do(name, sampler) -> None:
    capabilities = samplers.capabilities(name)
    assert capabilities == sampler.capabilities
    assert capabilities.title
    assert capabilities.description


def test_shapes_types_and_energies(sampler, small_model) -> None:
    answer = sampler.sample(small_model, 33)
    assert answer.spins.shape == (33, 12)
    assert answer.spins.dtype == torch.int8
    assert set(answer.spins.unique().tolist()) == {-1, 1}
    assert answer.seconds > 0
    spins, edges = answer.spins.double().numpy(), small_model.graph.edges
    by_hand = spins @ small_model.linear.double().numpy()
    by_hand = by_hand + (spins[:, edges[:, 0]] * spins[:, edges[:, 1]]) @ small_model.quadratic.double().numpy()
    assert answer.energies.dtype == torch.float64
    np.testing.assert_allclose(answer.energies.numpy(), by_hand, rtol=0, atol=1e-12)


def test_distribution_is_the_exact_one(sampler, small_model, judge, reads, tolerance, law) -> None:
    answer = sampler.sample(small_model, reads)
    exact = probabilities(law(small_model, answer))
    assert judge.distance(answer.spins, exact) < judge.floor(exact, reads) + tolerance
    # A fifth colder would be seen.
    colder = probabilities(at(law(small_model, answer), 1.2))
    assert judge.distance(answer.spins, colder) > judge.floor(colder, reads) + 2 * tolerance


def test_one_pattern_for_all_reads(sampler, small_model, pattern, judge, reads, tolerance, law) -> None:
    answer = sampler.sample(small_model, reads, clamp=pattern)
    held = pattern != 0
    assert (answer.spins[:, held] == pattern[held]).all()
    exact = judge.conditional(law(small_model, answer), pattern)
    assert judge.distance(answer.spins, exact) < judge.floor(exact, reads) + tolerance


def test_a_pattern_for_each_read(sampler, small_model, pattern, judge, reads, tolerance, law) -> None:
    other = torch.zeros(12, dtype=torch.int8)
    other[[1, 2]] = -1
    clamp = torch.stack([pattern, other]).repeat(reads // 2, 1)
    answer = sampler.sample(small_model, reads, clamp=clamp)
    assert (answer.spins[clamp != 0] == clamp[clamp != 0]).all()
    model = law(small_model, answer)
    for first, kind in enumerate((pattern, other)):
        exact = judge.conditional(model, kind)
        assert judge.distance(answer.spins[first::2], exact) < judge.floor(exact, reads // 2) + tolerance


@pytest.mark.parametrize("own", ["fields", "couplings", "both"])
def test_coefficients_of_each_read_s_own(sampler, small_model, judge, own, reads, tolerance, law) -> None:
    linear, quadratic = small_model.linear, small_model.quadratic
    laws = [
        small_model,
        IsingModel(
            small_model.graph,
            linear if own == "couplings" else linear.flip(0),
            quadratic if own == "fields" else quadratic.flip(0),
        ),
    ]
    fields, couplings = (torch.stack([getattr(law, name) for law in laws]) for name in ("linear", "quadratic"))
    model = IsingModel(
        small_model.graph,
        linear if own == "couplings" else fields,
        quadratic if own == "fields" else couplings,
        torch.arange(reads) % 2,
    )
    answer = sampler.sample(model, reads)
    torch.testing.assert_close(answer.energies[:1], small_model.energy(answer.spins[:1]))
    torch.testing.assert_close(answer.energies[1:2], laws[1].energy(answer.spins[1:2]))
    for first, alone in enumerate(laws):
        exact = probabilities(law(alone, answer))
        assert judge.distance(answer.spins[first::2], exact) < judge.floor(exact, reads // 2) + tolerance


def test_fields_for_another_number_of_reads(sampler, small_model) -> None:
    model = IsingModel(small_model.graph, small_model.linear.repeat(3, 1), small_model.quadratic, torch.arange(3))
    with pytest.raises(ValueError, match="laws for 3 reads, but 4 were asked for"):
        sampler.sample(model, 4)


def test_all_spins_held(sampler, small_model) -> None:
    clamp = torch.ones(12, dtype=torch.int8)
    assert (sampler.sample(small_model, 5, clamp=clamp).spins == 1).all()


def test_same_seed_same_samples_and_another_seed_others(reproducible, create, small_model) -> None:
    first, again, other = (create(seed) for seed in (1, 1, 2))
    for _ in range(2):
        spins = first.sample(small_model, 64).spins
        assert torch.equal(spins, again.sample(small_model, 64).spins)
        assert not torch.equal(spins, other.sample(small_model, 64).spins)


def test_calls_differ_and_leave_torch_s_global_stream_alone(sampler, small_model) -> None:
    before = torch.get_rng_state()
    assert not torch.equal(sampler.sample(small_model, 64).spins, sampler.sample(small_model, 64).spins)
    assert torch.equal(torch.get_rng_state(), before)


def test_restored_state_repeats_the_next_samples(reproducible, create, sampler, small_model) -> None:
    sampler.sample(small_model, 64)
    state = {key: value.clone() for key, value in sampler.state().items()}
    expected = [sampler.sample(small_model, 64).spins for _ in range(2)]
    resumed = create(99)
    resumed.restore(state)
    for spins in expected:
        assert torch.equal(resumed.sample(small_model, 64).spins, spins)


def test_a_state_that_lacks_something_is_refused(create, sampler) -> None:
    whole = sampler.state()
    assert whole
    for lacking in whole:
        resumed = create(99)
        with pytest.raises(ValueError, match=f"cannot go on from a state without '{lacking}'"):
            resumed.restore({key: value for key, value in whole.items() if key != lacking})


def test_parameters_that_require_gradients_are_taken(sampler, small_model) -> None:
    model = IsingModel(
        small_model.graph, small_model.linear.clone().requires_grad_(), small_model.quadratic.clone().requires_grad_()
    )
    answer = sampler.sample(model, 16)
    assert not answer.energies.requires_grad


@pytest.mark.parametrize("num_reads", [0, -3, 2.5])
def test_bad_number_of_reads(sampler, small_model, num_reads) -> None:
    with pytest.raises(ValueError, match=r"num_reads is .* whole number of at least 1"):
        sampler.sample(small_model, num_reads)


def test_a_model_that_diverged(sampler, small_model) -> None:
    model = IsingModel(small_model.graph, small_model.linear.clone(), small_model.quadratic)
    model.linear[3] = float("nan")
    with pytest.raises(ValueError, match="no finite numbers"):
        sampler.sample(model, 4)


def test_bad_clamps(sampler, small_model) -> None:
    with pytest.raises(ValueError, match=r"clamp has shape \(11,\)"):
        sampler.sample(small_model, 4, clamp=torch.zeros(11, dtype=torch.int8))
    with pytest.raises(ValueError, match=r"clamp has shape \(3, 12\)"):
        sampler.sample(small_model, 4, clamp=torch.zeros(3, 12, dtype=torch.int8))
    with pytest.raises(ValueError, match="other than -1, 0"):
        sampler.sample(small_model, 4, clamp=torch.full((12,), 2, dtype=torch.int8))


def test_too_many_nodes(name, sampler, make_model) -> None:
    most = samplers.capabilities(name).max_nodes
    if most is None:
        assert sampler.sample(make_model(300, scale=0.1), 4).spins.shape == (4, 300)
    else:
        with pytest.raises(ValueError, match=f"the model has {most + 1} spins"):
            sampler.sample(make_model(most + 1), 4)


def test_a_graph_without_edges(sampler, edgeless) -> None:
    model = IsingModel(edgeless, torch.full((5,), -0.5), torch.zeros(0))
    answer = sampler.sample(model, 20_000)
    beta = answer.info.get("effective_inverse_temperature") or 1.0
    # Standard error of each mean: sqrt((1 - tanh(0.5)**2) / 20,000) = 0.006.
    np.testing.assert_allclose(answer.spins.double().mean(0).numpy(), np.tanh(0.5 * beta), atol=0.025)


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="unknown sampler 'oracle': choose gibbs"):
        samplers.capabilities("oracle")
