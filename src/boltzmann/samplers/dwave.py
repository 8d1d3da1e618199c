"""D-Wave quantum annealers."""

from __future__ import annotations

from boltzmann.config import DWaveConfig
from boltzmann.samplers.base import Capabilities, IsingModel
from boltzmann.samplers.cloud.base import Answer, CloudSampler
from boltzmann.samplers.programmed import Ranges


class DWaveSampler(CloudSampler):
    """A QPU behind D-Wave's cloud."""

    title = "D-Wave"
    variables = "DWAVE_API_TOKEN"
    module = "boltzmann.samplers.cloud.dwave_service"
    capabilities = Capabilities(
        title="D-Wave QPU",
        description="A quantum annealer in the cloud.",
        reproducible=False,
        temperature_known=False,
        cost="QPU access time",
    )

    def __init__(self, config: DWaveConfig, seed: int) -> None:  # noqa: ARG002 - a chip has none
        super().__init__(config, config.prefactor)

    def _ranges(self) -> Ranges:
        raise NotImplementedError

    def _ask(self, programmed: IsingModel, num_reads: int) -> Answer:
        raise NotImplementedError
