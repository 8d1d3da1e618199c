"""The parts of a restricted Boltzmann machine's run: data, model, training."""

from __future__ import annotations

from typing import Literal

from boltzmann.config.fields import Part, setting

PATTERNS = ("shifting_bars", "inverted_bars", "bars_and_stripes")
"""Data sets that are listed in full: their exact distribution is known."""

VALIDATION_SHARE = 10
"""With early stopping, one training row in so many is held back to choose the weights by."""


class BinaryDataConfig(Part):
    """Which rows of visible units are learned."""

    dataset: Literal["shifting_bars", "inverted_bars", "bars_and_stripes", "digits", "mnist", "table"] = setting(
        "shifting_bars",
        "Data",
        "Shifting bars: a run of ones at every place of a ring. Bars and stripes: images of full columns or full rows. "
        "Digits: the embedded 8 × 8 ones. Table: your own rows of 0 and 1.",
    )
    length: int = setting(
        9,
        "Length",
        "Pixels of the ring; the bar covers half of them, rounded down.",
        ge=2,
        le=64,
        step=1,
        shown_if={"dataset": ("shifting_bars", "inverted_bars")},
    )
    side: int = setting(
        4, "Side", "Pixels of a side: n × n images.", ge=2, le=8, step=1, shown_if={"dataset": ("bars_and_stripes",)}
    )
    drawing: Literal["all", "repeated", "split"] = setting(
        "all",
        "Drawing",
        "All: every distinct image once, for training and test alike. Repeated: 1,000 training and 1,000 test images drawn "
        "with repetition, as in the literature: the two overlap. Split: distinct images, half of them held out.",
        shown_if={"dataset": ("bars_and_stripes",)},
    )
    image_size: Literal[28, 20, 16] = setting(
        28, "Image size", "Side length in pixels.", unit="px", shown_if={"dataset": ("mnist",)}
    )
    pixels: Literal["threshold", "stochastic", "grey"] = setting(
        "threshold",
        "Pixels",
        "Threshold: white above half of full brightness. Stochastic: white with the chance of its brightness, drawn anew "
        "each time. Grey: the brightness itself stands for that chance.",
        shown_if={"dataset": ("mnist", "digits")},
    )
    train_size: int = setting(
        60_000,
        "Training images",
        "How many are used, drawn evenly with the seed.",
        ge=100,
        le=60_000,
        step=1000,
        shown_if={"dataset": ("mnist",)},
    )
    table: str = setting(
        "",
        "Table",
        "The rows that were dropped on the page, by their identifier.",
        pattern=r"^([0-9]{8}-[0-9]{6}-[0-9a-f]{6})?$",
        shown_if={"dataset": ("table",)},
    )

    @property
    def listed_in_full(self) -> bool:
        """Whether the training rows are all rows that there are, so that their law is known."""
        return self.dataset in PATTERNS and (self.dataset != "bars_and_stripes" or self.drawing == "all")


class RBMModelConfig(Part):
    """The restricted Boltzmann machine: E(v, h) = -a.v - b.h - v'Wh, v and h in {0, 1}."""

    hidden: int = setting(9, "Hidden units", "Units of the hidden layer.", ge=1, le=4096, step=1)
    label_units: bool = setting(
        False,
        "Label units",
        "A visible unit for each class beside the pixels: the machine can classify, and draw images of a class. Data with "
        "labels only.",
    )
    centred: bool = setting(
        False,
        "Centring",
        "Gradients around the units' running means (Montavon and Müller 2012): faster and steadier where most pixels are "
        "black.",
        advanced=True,
    )
    initial_scale: float = setting(
        0.01,
        "Initial weights",
        "Standard deviation of W at the start; biases start at 0, with centring at the data's log-odds.",
        ge=0.0,
        le=1.0,
        step=0.01,
        advanced=True,
    )


class RBMTrainingConfig(Part):
    """The trainer: where the negative phase comes from, the mode, rates, length."""

    epochs: int = setting(20_000, "Epochs", "Passes over the training data.", ge=1, le=1_000_000, step=1)
    batch_size: int | None = setting(
        None, "Batch size", "Rows in one training step. Empty: all of them.", ge=1, le=10_000, step=16
    )
    negative_phase: Literal["cd", "pcd", "tempering", "exact", "sampler"] = setting(
        "cd",
        "Negative phase",
        "CD: Gibbs chains started at the data. PCD: chains that go on from step to step. Tempering: such chains at several "
        "temperatures that exchange places. Exact: independent draws by enumeration. Sampler: the whole machine is drawn "
        "from by the sampler below.",
    )
    gibbs_steps: int = setting(
        1,
        "Gibbs steps k",
        "Updates of both layers in the negative phase.",
        ge=1,
        le=1000,
        step=1,
        shown_if={"negative_phase": ("cd", "pcd", "tempering")},
    )
    chains: int = setting(
        100,
        "Chains",
        "Persistent chains, or independent draws, of the negative phase.",
        ge=1,
        le=10_000,
        step=50,
        shown_if={"negative_phase": ("pcd", "tempering", "exact", "sampler")},
    )
    sample_reuse: int = setting(
        1,
        "Sample reuse",
        "Steps for which one set of reads is used.",
        unit="steps",
        ge=1,
        le=1000,
        step=1,
        shown_if={"negative_phase": ("sampler",)},
        advanced=True,
    )
    temperatures: int = setting(
        10,
        "Temperatures",
        "Rungs between inverse temperature 0 and 1.",
        ge=2,
        le=100,
        step=1,
        shown_if={"negative_phase": ("tempering",)},
        advanced=True,
    )
    mode_assisted: bool = setting(
        False,
        "Mode-assisted",
        "Now and then a step that pushes probability off the model's mode, its lowest energy (Manukian et al. 2020).",
    )
    mode_probability: float = setting(
        0.1,
        "Mode probability",
        "Chance of a mode step at the end of the run: P rises to it as a sigmoid.",
        ge=0.0,
        le=1.0,
        step=0.05,
        shown_if={"mode_assisted": (True,)},
    )
    mode_search: Literal["enumeration", "annealing", "sampler"] = setting(
        "enumeration",
        "Mode found by",
        "Enumeration is exact, for up to 25 units on the smaller side. Annealing: the best of several simulated anneals. "
        "Sampler: the best read of the sampler below.",
        shown_if={"mode_assisted": (True,)},
    )
    mode_reads: int = setting(
        10,
        "Mode reads",
        "Anneals, or reads, of which the one of lowest energy counts.",
        ge=1,
        le=10_000,
        step=10,
        shown_if={"mode_assisted": (True,)},
        advanced=True,
    )
    mode_sweeps: int = setting(
        100,
        "Mode sweeps",
        "Length of one simulated anneal.",
        ge=1,
        le=100_000,
        step=100,
        shown_if={"mode_assisted": (True,)},
        advanced=True,
    )
    objective: Literal["generative", "discriminative", "hybrid"] = setting(
        "generative",
        "Objective",
        "Generative: likelihood of the rows. Discriminative: likelihood of the label given the pixels. Hybrid: both "
        "(Larochelle and Bengio 2008). The last two need label units.",
    )
    generative_weight: float = setting(
        0.01,
        "Generative weight",
        "Weight of the generative gradient beside the discriminative one.",
        ge=0.0,
        le=10.0,
        step=0.01,
        shown_if={"objective": ("hybrid",)},
    )
    learning_rate: float = setting(0.2, "Learning rate", "Of weights and biases.", ge=1e-6, le=10.0, step=0.01)
    learning_rate_schedule: Literal["constant", "linear", "cosine"] = setting(
        "constant", "Rate schedule", "Constant, or down to 0 at the end along a line or a cosine."
    )
    hidden_statistics: Literal["probabilities", "draws"] = setting(
        "probabilities",
        "Hidden units count as",
        "Probabilities: the gradient holds p(h = 1 | v), which spares noise (Hinton 2012). Draws: 0 or 1 in both phases.",
        advanced=True,
    )
    momentum: float = setting(
        0.0, "Momentum", "Share of the last step that is added to the next.", ge=0.0, le=0.999, step=0.1, advanced=True
    )
    weight_decay: float = setting(
        0.0, "Weight decay", "L2 penalty on W, times the learning rate.", ge=0.0, le=1.0, step=1e-4, advanced=True
    )
    measurements: int = setting(
        100,
        "Measurements",
        "How often in the run the figures are measured.",
        ge=2,
        le=1000,
        step=10,
        advanced=True,
    )
    patience: int | None = setting(
        None,
        "Early stop",
        "End after so many measurements without a better figure of validation rows, a tenth of the training rows held back "
        "for it; of data listed in full, the training rows. Empty: never.",
        ge=1,
        le=1000,
        step=1,
        advanced=True,
    )
