"""A run, completely, and the presets."""

from __future__ import annotations

from pydantic import Field, model_validator

from boltzmann.config.fields import Part, setting
from boltzmann.config.inverse_temperature import InverseTemperatureConfig
from boltzmann.config.parts import DataConfig, ModelConfig, TrainingConfig
from boltzmann.config.sampler import CloudConfig, GibbsConfig, SamplerConfig


class RunConfig(Part):
    """A run, completely: data, model, sampler, training, seed, and the versions that it was made with."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    sampler: SamplerConfig = GibbsConfig()
    training: TrainingConfig = TrainingConfig()
    inverse_temperature: InverseTemperatureConfig = InverseTemperatureConfig()
    seed: int = setting(
        0,
        "Seed",
        "The same seed and settings repeat the run exactly on the same machine.",
        ge=0,
        le=2**31 - 1,
        step=1,
        advanced=True,
    )
    replay_of: str = Field(
        default="",
        pattern=r"^([0-9]{8}-[0-9]{6}-[0-9a-f]{6})?$",
        description="Identifier of the run whose recorded answers stand in for the service; empty: the service itself.",
    )
    start_from: str = Field(
        default="",
        max_length=80,
        pattern=r"^((shipped|run):[A-Za-z0-9][A-Za-z0-9._-]*)?$",
        description="Key of the model whose weights and graph the run begins with; empty: new ones.",
    )
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions at the time of training.")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RunConfig:
        if self.sampler.name == "exact" and self.model.spins > 20:
            raise ValueError(
                f"sampler exact enumerates all states, so it takes at most 20 spins, not {self.model.spins}: use "
                "fewer spins or the gibbs sampler"
            )
        if 3 * self.model.hidden_spins > self.model.n_latents:
            raise ValueError(
                f"model.hidden_spins is {self.model.hidden_spins}, more than a third of model.n_latents "
                f"({self.model.n_latents}): no two hidden spins may be coupled, and a chip's graph has no room for more"
            )
        if self.replay_of and not isinstance(self.sampler, CloudConfig):
            raise ValueError(
                f"replay_of names a run, but sampler {self.sampler.name} is no service: there is nothing to replay"
            )
        if getattr(self.sampler, "embedding", "none") != "none":
            raise ValueError(
                "sampler.embedding places a machine of the lab on another chip's graph; a model of the Studio has its chip's "
                "own: choose none"
            )
        self.inverse_temperature.check(self.sampler)
        if self.training.batch_size > self.data.train_size:
            raise ValueError(
                f"training.batch_size is {self.training.batch_size}, more than data.train_size ({self.data.train_size}): "
                "use a smaller batch or more images"
            )
        return self


_BINARY = DataConfig(pixels="binary")
_CLASSES = {
    "n_latents": 256,
    "class_conditional": True,
    "class_couplings": True,
    "discretisation": "concrete",
    "coupling_scale": 0.1,
}
_WIDE = ModelConfig(**_CLASSES, hidden=768, channels=32)
_FIFTY_SWEEPS = GibbsConfig(sweeps=50, tempering="never")
# Strings of a longer training know more: at 50 sweeps their chains lie a little short of equilibrium.
_HUNDRED_SWEEPS = GibbsConfig(sweeps=100, tempering="never")
_STEPS = {"batch_size": 256, "num_reads": 640, "prior_learning_rate": 5e-3}
_BOUND = {**_STEPS, "objective": "elbo", "likelihood": "bernoulli", "kl_weight": 1.0, "label_weight": 30.0}
_SURER = {**_BOUND, "label_weight": 40.0}
# In so few epochs strings must say more of the pen, and all must learn faster.
_SHORT = {**_BOUND, "kl_weight": 0.7, "learning_rate": 5e-3}

PRESETS: dict[str, RunConfig] = {
    "demo": RunConfig(
        data=_BINARY,
        model=ModelConfig(**_CLASSES),
        sampler=_FIFTY_SWEEPS,
        training=TrainingConfig(**_SHORT, epochs=8, critic_share=0.125, picture_every=100),
    ),
    "standard": RunConfig(
        data=_BINARY,
        model=_WIDE,
        sampler=_HUNDRED_SWEEPS,
        training=TrainingConfig(**_BOUND, epochs=45, critic_share=0.2, picture_every=200),
    ),
    "best": RunConfig(
        data=_BINARY,
        model=_WIDE,
        sampler=_HUNDRED_SWEEPS,
        training=TrainingConfig(**_SURER, epochs=100, critic_share=0.2, picture_every=500),
    ),
    # The default objective: class fields that start apart let the MMD bring encoder and prior together.
    "mmd": RunConfig(
        data=_BINARY,
        model=ModelConfig(**_CLASSES, field_scale=1.0),
        sampler=_FIFTY_SWEEPS,
        training=TrainingConfig(**_STEPS, epochs=20, mmd_weight=0.03, picture_every=100),
    ),
    # The well-known public demo's recipe, as far as these settings can say it: see docs/model.md.
    "reference": RunConfig(
        data=DataConfig(image_size=32, pixels="binary"),
        model=ModelConfig(n_latents=256, replicas=8, discretisation="gumbel", coupling_scale=4.0),
        sampler=GibbsConfig(tempering="never"),
        training=TrainingConfig(
            epochs=40, learning_rate=1e-3, learning_rate_schedule="constant", prior_learning_rate=1e-4, mmd_weight=0.1
        ),
    ),
}
