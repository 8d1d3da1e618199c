"""Dynex."""

from __future__ import annotations

from boltzmann.config import DynexConfig
from boltzmann.samplers.base import Capabilities, IsingModel
from boltzmann.samplers.cloud.base import Answer, CloudSampler
from boltzmann.samplers.programmed import Ranges


class DynexSampler(CloudSampler):
    """Dynex behind its gRPC service."""

    title = "Dynex"
    variables = "DYNEX_SDK_KEY"
    module = "boltzmann.samplers.cloud.dynex_service"
    capabilities = Capabilities(
        title="Dynex",
        description="A computing service in the cloud.",
        reproducible=False,
        temperature_known=False,
        cost="computing time",
    )

    def __init__(self, config: DynexConfig, seed: int) -> None:  # noqa: ARG002 - a chip has none
        super().__init__(config, config.prefactor)

    def _ranges(self) -> Ranges:
        raise NotImplementedError

    def _ask(self, programmed: IsingModel, num_reads: int) -> Answer:
        raise NotImplementedError
