"""How the inverse temperature that an annealer is programmed for is led while a machine is trained on it."""

from __future__ import annotations

from typing import Literal

from boltzmann.config.fields import Part, setting
from boltzmann.config.sampler import SamplerConfig

LED = ("fixed", "linear", "max_likelihood", "min_entropy")
"""Schemes that start at a beta that is set."""
PRINTED_MIN_ENTROPY = 1e-3
"""Share of the learning rate in the printed step of the scheme of least entropy."""


class InverseTemperatureConfig(Part):
    """The annealer is programmed with E_DW = E / beta, so that it draws the machine's law where its own inverse temperature
    is beta (Xu and Oates, Scientific Reports 11:2727, 2021, DOI 10.1038/s41598-021-82197-1)."""

    scheme: Literal["estimated", "known", "fixed", "linear", "max_likelihood", "min_entropy"] = setting(
        "estimated",
        "Beta",
        "Estimated: follows the pseudo-likelihood estimate of the samples. Known: the simulated chip's hidden value, which "
        "no real one tells. Fixed. Linear: a ramp. Likelihood and entropy: the steps of Xu and Oates (2021), once an epoch.",
    )
    start: float = setting(
        1.5, "Beta at the start", "In units of 1 / E_DW.", ge=0.1, le=50.0, step=0.5, shown_if={"scheme": LED}
    )
    end: float = setting(
        3.0, "Beta at the end", "Of the last epoch.", ge=0.1, le=50.0, step=0.5, shown_if={"scheme": ("linear",)}
    )
    direction: Literal["printed", "descent"] = setting(
        "printed",
        "Direction",
        "Printed: d beta = rate (mean of E_DW over the data - over the samples), which climbs the negative log-likelihood. "
        "Descent: the opposite sign.",
        shown_if={"scheme": ("max_likelihood",)},
    )
    rate: float | None = setting(
        None,
        "Rate of beta",
        "Factor of its steps. Empty: as printed, the learning rate for the likelihood, a thousandth of it for the entropy.",
        gt=0.0,
        le=10.0,
        step=0.001,
        shown_if={"scheme": ("max_likelihood", "min_entropy")},
        advanced=True,
    )

    def check(self, sampler: SamplerConfig) -> None:
        """Raises ValueError unless beta can be led so while ``sampler`` draws the negative phase."""
        if self.scheme == "estimated":
            return
        if not hasattr(sampler, "prefactor"):
            raise ValueError(
                f"inverse_temperature.scheme is {self.scheme}, which needs a sampler of unknown temperature, not "
                f"{sampler.name}: choose sampler.name simulated_qpu, dwave or dynex"
            )
        if sampler.prefactor is not None:  # type: ignore[union-attr]
            raise ValueError(
                f"sampler.prefactor is {sampler.prefactor}, but inverse_temperature.scheme {self.scheme} sets it: "  # type: ignore[union-attr]
                "leave sampler.prefactor empty"
            )
        if self.scheme == "known" and sampler.name != "simulated_qpu":
            raise ValueError(
                f"inverse_temperature.scheme is known, but nobody knows the inverse temperature of {sampler.name}: choose "
                "estimated, or the simulated QPU"
            )
