"""Dynex: a computing service for quadratic problems, asked as a sampler of unknown temperature."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import torch

from boltzmann.config import DynexConfig
from boltzmann.samplers.base import Capabilities, IsingModel
from boltzmann.samplers.cloud.base import Answer, CloudSampler
from boltzmann.samplers.cloud.failures import CloudError
from boltzmann.samplers.programmed import Ranges

LARGEST_ON_QPU = 9.0
"""Coefficients of the problem over bits beyond it are rescaled by the client library before they reach a QPU."""
UNLIMITED = Ranges((-math.inf, math.inf), (-math.inf, math.inf))


class DynexSampler(CloudSampler):
    """Dynex behind its gRPC service.

    A job takes no temperature, and its answers may well be an optimiser's: the effective inverse temperature in the
    report is an estimate from this very batch. A problem without any coefficient, whose samples are uniform at every
    temperature, is no job for the service (its library refuses it): it is answered here at no cost, and the report says so.
    """

    title = "Dynex"
    variables = "DYNEX_SDK_KEY and DYNEX_GRPC_ENDPOINT"
    module = "boltzmann.samplers.cloud.dynex_service"
    capabilities = Capabilities(
        title="Dynex",
        description="CPUs, GPUs or a QPU in the cloud. It takes no temperature: it is estimated from every answer.",
        reproducible=False,
        temperature_known=False,
        cost="computing time",
        lacks="Of the annealers' settings it lacks pauses, spin reversals, chains and their strength, and limits of h and J: "
        "a job takes the number of its steps alone, and any graph.",
    )

    def __init__(self, config: DynexConfig, seed: int) -> None:
        super().__init__(config, config.prefactor, seed)
        self._settings = config

    def _begin(self, model: IsingModel) -> None:
        super()._begin(model)
        if self._settings.backend == "qpu":
            # Scaled as a whole, not clipped: the law stays that of the model at a temperature to be estimated. It is the
            # prefactor's own value that is limited, so that estimates do not drive it ever further.
            wanted = self._prefactor.fixed or self._prefactor.value
            self._prefactor.value = min(wanted, _largest_prefactor(model))

    def _ranges(self) -> Ranges:
        return UNLIMITED

    def _ask(self, programmed: IsingModel, num_reads: int) -> Answer:
        settings = self._settings
        if not programmed.linear.any() and not programmed.quadratic.any():
            return self._uniform(programmed, num_reads)
        answer = self._submit(
            linear=programmed.linear.double().cpu().numpy(),
            edges=programmed.graph.edges,
            quadratic=programmed.quadratic.double().cpu().numpy(),
            num_reads=num_reads,
            annealing_time=settings.annealing_time,
            backend=settings.backend,
            qpu_model=settings.qpu_model,
            end=time.monotonic() + settings.deadline,
        )
        # Rows may come in the order of their energies; whoever takes the first of them shall get no better ones.
        mixed = np.random.default_rng(self.usage.calls).permutation(len(answer["spins"]))
        facts = {
            "endpoint": answer["endpoint"],
            "simulated_service": answer["simulated"],
            "backend": settings.backend,
            "seconds_are": "wall",
        }
        if settings.backend == "qpu":
            facts["qpu_model"] = settings.qpu_model
        return Answer(answer["spins"][mixed], answer["seconds"], facts)

    def _submit(self, **problem: Any) -> dict[str, Any]:
        try:
            return self._call("sample", **problem)
        except CloudError as error:
            if error.kind == "refused":
                # Within one process gRPC does not try an address again for a while, and would miss that it is back.
                self._client.close()
            raise

    def _uniform(self, programmed: IsingModel, num_reads: int) -> Answer:
        bits = torch.randint(2, (num_reads, programmed.n), generator=self._random.on(torch.device("cpu")))
        spins = (2 * bits - 1).to(torch.int8).numpy()
        return Answer(spins, 0.0, {"answered_here": "Uniform samples: the problem has no coefficients."})


def _largest_prefactor(model: IsingModel) -> float:
    """That leaves every coefficient of the problem over bits within the QPU's, whatever spins are held.

    Over bits, couplings are 4 J and biases 2 (h_i - sum_j J_ij). Held spins move terms from the sum to h_i, so that no bias
    exceeds 2 (|h_i| + sum_j |J_ij|).
    """
    linear, quadratic = (part.detach().double().abs().cpu() for part in (model.linear, model.quadratic))
    reach = torch.zeros(*quadratic.shape[:-1], model.n, dtype=torch.float64)
    for ends in torch.from_numpy(model.graph.edges).T:
        reach.index_add_(-1, ends, quadratic)
    largest = max(2 * float((reach + linear).max()), 4 * float(quadratic.max()) if quadratic.numel() else 0.0)
    return LARGEST_ON_QPU / largest * (1 - 1e-6) if largest else math.inf
