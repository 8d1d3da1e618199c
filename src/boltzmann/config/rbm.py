"""A run of the QRBM lab, completely, and its presets."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from boltzmann.config.fields import Part, setting
from boltzmann.config.inverse_temperature import InverseTemperatureConfig
from boltzmann.config.rbm_limits import too_large
from boltzmann.config.rbm_parts import VALIDATION_SHARE, BinaryDataConfig, RBMModelConfig, RBMTrainingConfig
from boltzmann.config.sampler import GibbsConfig, SamplerConfig, SimulatedQPUConfig

LABELLED = ("mnist", "digits")
CLASSES = 10


class RBMConfig(Part):
    """A restricted Boltzmann machine's run: data, model, training, the sampler that it may ask, seed, versions."""

    kind: Literal["rbm"] = "rbm"
    data: BinaryDataConfig = BinaryDataConfig()
    model: RBMModelConfig = RBMModelConfig()
    training: RBMTrainingConfig = RBMTrainingConfig()
    sampler: SamplerConfig = GibbsConfig()
    inverse_temperature: InverseTemperatureConfig = InverseTemperatureConfig()
    seed: int = setting(
        0,
        "Seed",
        "The same seed gives the same initial weights and batches, whatever the trainer.",
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
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions at the time of training.")

    @property
    def asks_sampler(self) -> bool:
        """Whether training draws from :attr:`sampler`."""
        training = self.training
        return training.negative_phase == "sampler" or (training.mode_assisted and training.mode_search == "sampler")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RBMConfig:
        data, model, training = self.data, self.model, self.training
        if training.objective != "generative" and not model.label_units:
            raise ValueError(
                f"training.objective is {training.objective}, which needs label units: switch model.label_units on"
            )
        if model.label_units and data.dataset not in (*LABELLED, "table"):
            raise ValueError(f"data.dataset {data.dataset} has no labels: choose mnist or digits, or no label units")
        if training.mode_assisted and training.objective == "discriminative":
            raise ValueError(
                "training.objective is discriminative, which has no negative phase: switch "
                "training.mode_assisted off, or choose hybrid"
            )
        if data.dataset == "table" and not data.table:
            raise ValueError("data.table is empty: give a CSV or NPZ file of rows of 0 and 1")
        if self.inverse_temperature.scheme != "estimated" and training.negative_phase != "sampler":
            raise ValueError(
                f"inverse_temperature.scheme is {self.inverse_temperature.scheme}, but training.negative_phase "
                f"{training.negative_phase} programs nothing: choose training.negative_phase sampler, or estimated"
            )
        self.inverse_temperature.check(self.sampler)
        visible = visible_units(self)
        rows = training_rows(self)
        if visible is not None and rows is not None:
            labels = CLASSES if model.label_units else 0
            if words := too_large(self, visible - labels, labels, rows):
                raise ValueError(words)
        if self.asks_sampler and self.sampler.name == "exact" and visible and visible + model.hidden > 20:
            raise ValueError(
                f"sampler exact enumerates all states of {visible} + {model.hidden} units, more than 20: choose "
                "training.negative_phase exact, which enumerates the smaller layer only"
            )
        return self


def visible_units(config: RBMConfig) -> int | None:
    """Visible units of a run, label units among them; None where a table decides."""
    data = config.data
    pixels = {
        "shifting_bars": data.length,
        "inverted_bars": data.length,
        "bars_and_stripes": data.side**2,
        "digits": 64,
        "mnist": data.image_size**2,
    }.get(data.dataset)
    return None if pixels is None else pixels + (CLASSES if config.model.label_units else 0)


def training_rows(config: RBMConfig) -> int | None:
    """Rows that a run trains on; None where a table decides."""
    data = config.data
    distinct = 2 ** (data.side + 1) - 2
    rows = {
        "shifting_bars": data.length,
        "inverted_bars": data.length,
        "bars_and_stripes": {"all": distinct, "repeated": 1000, "split": distinct // 2}[data.drawing],
        "digits": 1500,
        "mnist": data.train_size,
    }.get(data.dataset)
    if rows is None or config.training.patience is None or data.listed_in_full:
        return rows
    return rows - max(1, rows // VALIDATION_SHARE)


def _mnist(model: dict[str, Any], data: dict[str, Any] | None = None, **training: Any) -> RBMConfig:
    common = {"batch_size": 100, "chains": 100, "measurements": 50}
    return RBMConfig(
        data=BinaryDataConfig(dataset="mnist", **(data or {})),
        model=RBMModelConfig(hidden=500, centred=True, **model),
        training=RBMTrainingConfig(**{**common, **training}),
    )


RBM_PRESETS: dict[str, RBMConfig] = {
    "bars": RBMConfig(training=RBMTrainingConfig(mode_assisted=True)),
    "stripes": RBMConfig(
        data=BinaryDataConfig(dataset="bars_and_stripes", side=4),
        # Weights of 0.01 tell nothing of the chip's temperature, and take a third of the run to grow. In short anneals the
        # valleys of a trained machine fill unevenly: see docs/rbm-samplers.md.
        model=RBMModelConfig(hidden=16, initial_scale=0.5),
        sampler=SimulatedQPUConfig(annealing_time=200.0),
        training=RBMTrainingConfig(
            negative_phase="sampler",
            epochs=1500,
            learning_rate=0.15,
            learning_rate_schedule="linear",
            momentum=0.8,
        ),
    ),
    "digits": RBMConfig(
        data=BinaryDataConfig(dataset="digits"),
        model=RBMModelConfig(hidden=64, centred=True),
        training=RBMTrainingConfig(negative_phase="pcd", epochs=60, batch_size=50, learning_rate=0.05),
    ),
    "mnist": _mnist({}, negative_phase="pcd", epochs=5, learning_rate=0.05, learning_rate_schedule="linear"),
    "labels": _mnist(
        {"label_units": True},
        {"pixels": "grey"},
        # Chains that go on from step to step, and this weight, let it draw digits and not only read them.
        negative_phase="pcd",
        chains=200,
        objective="hybrid",
        generative_weight=0.05,
        epochs=10,
        learning_rate=2.0,
        learning_rate_schedule="linear",
        momentum=0.8,
    ),
}
