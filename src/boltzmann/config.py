"""What a run is made of: the one source of ranges, defaults, labels and help texts.

A :class:`RunConfig` describes a run completely. Every entrance (form, command line, URL, file) validates with this
class; widgets take their label, help text, range and step from :func:`field_spec`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.fields import FieldInfo


def setting(
    default: Any,
    label: str,
    help: str,
    *,
    step: float | None = None,
    unit: str = "",
    advanced: bool = False,
    **limits: Any,
) -> Any:
    """A pydantic field that also carries what a widget shows.

    Args:
        default: Value when nothing is given.
        label: Short name on the page.
        help: One or two plain sentences.
        step: Increment of a number widget.
        unit: Unit shown after the number.
        advanced: Whether the page folds it away at first.
        limits: ``ge``, ``le``, ``gt`` and the like, enforced on the server.
    """
    extra = {"label": label, "step": step, "unit": unit, "advanced": advanced}
    return Field(default, description=help, json_schema_extra=extra, **limits)


class Part(BaseModel):
    """Base of every part of a configuration: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(Part):
    """Which images are learned."""

    dataset: Literal["mnist", "digits"] = setting(
        "mnist", "Images", "MNIST: 70,000 handwritten digits. Embedded digits: 1,797 small ones that need no download."
    )
    image_size: Literal[28, 32] = setting(
        28, "Image size", "Side length in pixels. 32 pads MNIST with a black border.", unit="px", advanced=True
    )
    pixels: Literal["grey", "binary"] = setting(
        "grey", "Pixels", "Grey keeps the pen's soft edge; binary rounds every pixel to black or white.", advanced=True
    )
    train_size: int = setting(
        60_000,
        "Training images",
        "How many training images are used, drawn evenly with the seed.",
        ge=256,
        le=60_000,
        step=1000,
    )


class ModelConfig(Part):
    """The discrete variational autoencoder and the graph of its prior."""

    n_latents: int = setting(
        160, "Latent spins", "Number of spins in the prior: one node of the chip's graph each.", ge=16, le=4096, step=16
    )
    topology: Literal["zephyr", "pegasus", "chimera"] = setting(
        "zephyr", "Chip topology", "Zephyr: Advantage2 (degree 20). Pegasus: Advantage (15). Chimera: 2000Q (6)."
    )
    topology_size: int = setting(
        12,
        "Chip size",
        "Size parameter m of the chip. It grows when the latents need more room.",
        ge=1,
        le=32,
        step=1,
        advanced=True,
    )
    channels: int = setting(
        32,
        "Network width",
        "Channels at the 7 x 7 layer of encoder and decoder: wider is sharper and slower.",
        ge=8,
        le=256,
        step=8,
        advanced=True,
    )
    replicas: int = setting(
        1,
        "Replicas",
        "Spin strings drawn from the encoder for each image and step.",
        ge=1,
        le=16,
        step=1,
        advanced=True,
    )
    discretisation: Literal["straight_through", "gumbel"] = setting(
        "straight_through",
        "Discretisation",
        "How gradients pass the spins. Straight-through: draw the spin, pass its mean's gradient. "
        "Gumbel: a relaxed draw, rounded.",
        advanced=True,
    )
    coupling_scale: float = setting(
        2.5,
        "Initial couplings",
        "Standard deviation of J at the start, times the square root of the mean degree. Below 1 the prior is paramagnetic; "
        "stronger couplings give the encoder valleys to put digits into; far above 2 no sampler equilibrates.",
        ge=0.0,
        le=20.0,
        step=0.1,
        advanced=True,
    )


class GibbsConfig(Part):
    """Chromatic block Gibbs sampling."""

    name: Literal["gibbs"] = "gibbs"
    sweeps: int = setting(30, "Sweeps", "Updates of every spin before a sample is taken.", ge=1, le=10_000, step=10)
    persistent: bool = setting(
        False,
        "Persistent chains",
        "Chains go on from the last step. Off: every sample is a fresh start through the whole schedule, as on an annealer.",
    )
    schedule: Literal["constant", "annealed"] = setting(
        "constant",
        "Schedule",
        "Constant inverse temperature, or a linear ramp from 0 to 1 over the first half of the sweeps.",
    )


class AnnealingConfig(Part):
    """Simulated annealing of dwave-samplers, held at a constant inverse temperature so that it samples."""

    name: Literal["annealing"] = "annealing"
    sweeps: int = setting(100, "Sweeps", "Gibbs updates of every spin for each read.", ge=1, le=10_000, step=10)


class SimulatedQPUConfig(Part):
    """A chip in software: its graph, its ranges of h and J, its unknown temperature, its noise."""

    name: Literal["simulated_qpu"] = "simulated_qpu"
    annealing_time: float = setting(
        20.0,
        "Annealing time",
        "Longer anneals come closer to equilibrium. One microsecond is simulated by two sweeps.",
        unit="µs",
        ge=0.5,
        le=2000.0,
        step=10,
    )
    inverse_temperature: float = setting(
        6.0,
        "Hidden inverse temperature",
        "The simulated chip's effective inverse temperature. The trainer never sees it: it estimates it from the samples.",
        ge=0.5,
        le=20.0,
        step=0.5,
    )
    coefficient_noise: float = setting(
        0.01,
        "Coefficient noise",
        "Standard deviation of the Gaussian error on every programmed h and J, new for each call.",
        ge=0.0,
        le=0.5,
        step=0.005,
    )
    prefactor: float | None = setting(
        None,
        "Prefactor",
        "Scale of the programmed problem. Empty: follows the estimated inverse temperature.",
        gt=0.0,
        le=10.0,
        step=0.05,
        advanced=True,
    )


class ExactConfig(Part):
    """Enumeration of all states: exact samples, up to 20 spins."""

    name: Literal["exact"] = "exact"


SamplerConfig = Annotated[GibbsConfig | AnnealingConfig | SimulatedQPUConfig | ExactConfig, Field(discriminator="name")]
SAMPLER_CONFIGS: dict[str, type[Part]] = {
    part.model_fields["name"].default: part for part in get_args(get_args(SamplerConfig)[0])
}
_SAMPLER: TypeAdapter[Any] = TypeAdapter(SamplerConfig)


class TrainingConfig(Part):
    """Losses, learning rates, length."""

    epochs: int = setting(4, "Epochs", "Passes over the training images.", ge=1, le=1000, step=1)
    batch_size: int = setting(128, "Batch size", "Images in one training step.", ge=16, le=2048, step=16)
    num_reads: int = setting(
        256, "Reads", "Spin strings drawn from the prior at every step, shared by MMD and NLL.", ge=16, le=4096, step=16
    )
    learning_rate: float = setting(
        3e-3, "Learning rate", "Adam's peak step size for encoder and decoder.", ge=1e-6, le=1.0, step=1e-4
    )
    prior_learning_rate: float = setting(
        5e-5, "Prior learning rate", "Adam's peak step size for the prior's h and J.", ge=1e-6, le=1.0, step=1e-5
    )
    learning_rate_schedule: Literal["cosine", "constant"] = setting(
        "cosine", "Rate schedule", "Cosine: a short warm-up, then down to a hundredth at the end.", advanced=True
    )
    mse_weight: float = setting(
        1.0,
        "MSE weight",
        "Weight of the reconstruction's mean squared error per pixel.",
        ge=0.0,
        le=1e4,
        step=0.1,
        advanced=True,
    )
    mmd_weight: float = setting(
        0.05,
        "MMD weight",
        "Weight of the squared MMD: how strongly the encoder is pulled to the prior.",
        ge=0.0,
        le=1e4,
        step=0.01,
        advanced=True,
    )
    nll_weight: float = setting(
        1.0,
        "NLL weight",
        "Weight of the prior's negative log-likelihood. Its gradient reaches the prior only.",
        ge=0.0,
        le=1e4,
        step=0.1,
        advanced=True,
    )
    mmd_kernels: int = setting(
        3,
        "MMD kernels",
        "Radial basis kernels in the mixture. Each further one is half as wide, and sees finer structure.",
        ge=1,
        le=4,
        step=1,
        advanced=True,
    )
    checkpoint_every: int = setting(
        0,
        "Checkpoint interval",
        "Steps between checkpoints. 0: at the end of every epoch.",
        unit="steps",
        ge=0,
        le=100_000,
        step=100,
        advanced=True,
    )
    picture_every: int = setting(
        50,
        "Picture interval",
        "Steps between pictures of generated digits and reconstructions.",
        unit="steps",
        ge=1,
        le=100_000,
        step=50,
        advanced=True,
    )


class RunConfig(Part):
    """A run, completely: data, model, sampler, training, seed, and the versions that it was made with."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    sampler: SamplerConfig = GibbsConfig()
    training: TrainingConfig = TrainingConfig()
    seed: int = setting(
        0,
        "Seed",
        "The same seed and settings repeat the run exactly on the same machine.",
        ge=0,
        le=2**31 - 1,
        step=1,
        advanced=True,
    )
    versions: dict[str, str] = Field(default_factory=dict, description="Package versions at the time of training.")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> RunConfig:
        if self.sampler.name == "exact" and self.model.n_latents > 20:
            raise ValueError(
                f"sampler exact enumerates all states, so it takes at most 20 latent spins, not {self.model.n_latents}: "
                "use fewer latents or the gibbs sampler"
            )
        if self.training.batch_size > self.data.train_size:
            raise ValueError(
                f"training.batch_size is {self.training.batch_size}, more than data.train_size ({self.data.train_size}): "
                "use a smaller batch or more images"
            )
        return self


PRESETS: dict[str, RunConfig] = {
    "demo": RunConfig(),
    "standard": RunConfig(
        model=ModelConfig(n_latents=192, channels=64, coupling_scale=2.5),
        training=TrainingConfig(epochs=20, prior_learning_rate=3e-5, picture_every=100),
    ),
    # The well-known public demo's recipe, as far as these settings can say it: see docs/model.md.
    "reference": RunConfig(
        data=DataConfig(image_size=32, pixels="binary"),
        model=ModelConfig(n_latents=256, replicas=8, discretisation="gumbel", coupling_scale=4.0),
        training=TrainingConfig(
            epochs=40, learning_rate=1e-3, learning_rate_schedule="constant", prior_learning_rate=1e-4, mmd_weight=0.1
        ),
    ),
}


class ConfigError(ValueError):
    """A configuration that was refused. Its message has a line a field: name, value, what is allowed."""


def validate(values: Any) -> RunConfig:
    """A :class:`RunConfig` of ``values`` (a nested mapping).

    Raises:
        ConfigError: naming each bad field, its value and the allowed range.
    """
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(item) for item in error.errors())) from None


def validate_json(text: str) -> RunConfig:
    """A :class:`RunConfig` of a JSON file's text. Raises as :func:`validate` does."""
    try:
        return RunConfig.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(item) for item in error.errors())) from None


def validate_sampler(values: Any) -> SamplerConfig:
    """The sampler part alone, for drawing digits from a finished model. Raises as :func:`validate` does."""
    try:
        return _SAMPLER.validate_python(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(item, "sampler") for item in error.errors())) from None


def _explain(item: Any, *above: str) -> str:
    # The discriminator's tag stands in the location of a sampler's field; a reader knows the field without it.
    location = [*above, *item["loc"]]
    path = [str(part) for part in location if part not in SAMPLER_CONFIGS or location[0] != "sampler"]
    name = ".".join(path) or "configuration"
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    value = repr(item["input"])
    if len(value) > 60:
        value = value[:57] + "..."
    spec = field_spec(name)
    allowed = f"; allowed: {spec['allowed']}" if spec and spec["allowed"] else ""
    return f"{name} is {value}: {item['msg'][:1].lower()}{item['msg'][1:]}{allowed}"


def fields_of(part: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a part that a widget can show: those made by :func:`setting`."""
    return {name: info for name, info in part.model_fields.items() if isinstance(info.json_schema_extra, dict)}


def field_spec(name: str) -> dict[str, Any] | None:
    """What a widget needs for the dotted field ``name`` ("training.epochs", "sampler.gibbs.sweeps"), or None.

    Keys: ``label``, ``help``, ``kind`` ("int", "float", "bool", "choice"), ``choices``, ``minimum``, ``maximum``,
    ``step``, ``unit``, ``advanced``, ``optional``, ``default``, ``allowed`` (the range in words).
    """
    part: Any = RunConfig
    *parents, last = name.split(".")
    for parent in parents:
        if parent in SAMPLER_CONFIGS:
            part = SAMPLER_CONFIGS[parent]
        elif parent == "sampler":
            part = next((p for p in SAMPLER_CONFIGS.values() if last in p.model_fields), GibbsConfig)
        elif parent in getattr(part, "model_fields", {}):
            part = part.model_fields[parent].annotation
        else:
            return None
    info = fields_of(part).get(last) if isinstance(part, type) else None
    return _spec(info) if info else None


def _spec(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    assert isinstance(extra, dict)
    limits: dict[str, Any] = {}
    for item in info.metadata:
        limits.update({key: getattr(item, key) for key in ("ge", "gt", "le", "lt") if hasattr(item, key)})
    minimum, maximum = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    kinds = get_args(info.annotation) or (info.annotation,)
    if get_origin(info.annotation) is Literal:
        kind, choices = "choice", list(kinds)
        allowed = " or ".join(str(choice) for choice in choices)
    else:
        kind, choices = getattr(kinds[0], "__name__", ""), []
        allowed = f"{_plain(minimum)} to {_plain(maximum)}" if minimum is not None and maximum is not None else ""
    return {
        "label": extra["label"],
        "help": info.description or "",
        "kind": kind,
        "choices": choices,
        "minimum": minimum,
        "maximum": maximum,
        "step": extra["step"],
        "unit": extra["unit"],
        "advanced": extra["advanced"],
        "optional": type(None) in kinds,
        "default": info.default,
        "allowed": allowed,
    }


def _plain(number: float) -> str:
    """``number`` as people write it: 60,000 and 0.000001 rather than 6e4 and 1e-06."""
    return f"{number:,.6f}".rstrip("0").rstrip(".")
