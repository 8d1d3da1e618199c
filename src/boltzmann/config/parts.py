"""The parts of a run: data, model, training. Labels, help texts and ranges stand with each field."""

from __future__ import annotations

from typing import Literal

from boltzmann.config.fields import Part, setting


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
        160,
        "Latent spins",
        "Spins that encoder and decoder share: one node of the chip's graph each.",
        ge=16,
        le=4096,
        step=16,
    )
    hidden_spins: int = setting(
        0,
        "Hidden spins",
        "Further nodes of the graph that encoder and decoder do not know, none coupled to another: the prior's own, through "
        "which latent spins depend on more than their neighbours. At most a third of the latent spins.",
        ge=0,
        le=1365,
        step=1,
        advanced=True,
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
    hidden: int = setting(
        512,
        "Layer width",
        "Width of the fully connected layers of encoder and decoder: wider is sharper and slower.",
        ge=16,
        le=4096,
        step=16,
        advanced=True,
    )
    channels: int = setting(
        16,
        "Channels",
        "Of the decoder's convolutions at a quarter of the image's sides: more is sharper and slower.",
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
    class_conditional: bool = setting(
        False,
        "Class fields",
        "A set of linear biases for each of the ten digits, beside the couplings that all share: the prior can be asked for "
        "a 7, on any annealer.",
    )
    class_couplings: bool = setting(
        False,
        "Class couplings",
        "With class fields: a set of couplings for each digit too, on the same edges. Ten programmings of the annealer, as "
        "for the fields alone, but ten times the parameters.",
    )
    discretisation: Literal["straight_through", "concrete", "gumbel"] = setting(
        "straight_through",
        "Discretisation",
        "How gradients pass the spins. Straight-through: draw the spin, pass its mean's gradient. "
        "Concrete: draw the spin, pass the gradient of a relaxed draw with the same noise. "
        "Gumbel: the plugin's relaxed draw, rounded.",
        advanced=True,
    )
    field_scale: float = setting(
        0.0,
        "Initial class fields",
        "Standard deviation of the class fields at the start: gives each digit a region of its own, in which the MMD can "
        "bring encoder and prior together.",
        ge=0.0,
        le=10.0,
        step=0.1,
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

    @property
    def spins(self) -> int:
        """Nodes of the prior's graph, latent and hidden."""
        return self.n_latents + self.hidden_spins


class TrainingConfig(Part):
    """Losses, learning rates, length."""

    epochs: int = setting(4, "Epochs", "Passes over the training images.", ge=1, le=1000, step=1)
    batch_size: int = setting(128, "Batch size", "Images in one training step.", ge=16, le=2048, step=16)
    num_reads: int = setting(
        256, "Reads", "Spin strings drawn from the prior at every step, shared by MMD and NLL.", ge=16, le=4096, step=16
    )
    sample_reuse: int | None = setting(
        None,
        "Sample reuse",
        "Steps for which one set of spin strings is used. Empty: every step draws its own; with a cloud service each is used "
        "as long as 60 calls an epoch ask for.",
        unit="steps",
        ge=1,
        le=1000,
        step=1,
        advanced=True,
    )
    objective: Literal["mmd", "elbo"] = setting(
        "mmd",
        "Objective",
        "Reconstruction + MMD + NLL: the encoder meets the prior through MMD. Evidence lower bound: reconstruction + KL, "
        "whose gradient reaches encoder and prior alike.",
    )
    likelihood: Literal["mse", "bernoulli"] = setting(
        "mse",
        "Reconstruction",
        "Mean squared error, or the cross-entropy of pixels taken as chances of being white.",
        advanced=True,
    )
    learning_rate: float = setting(
        3e-3, "Learning rate", "Adam's peak step size for encoder and decoder.", ge=1e-6, le=1.0, step=1e-4
    )
    prior_learning_rate: float = setting(
        5e-5, "Prior learning rate", "Adam's peak step size for the prior's h and J.", ge=1e-6, le=1.0, step=1e-5
    )
    prior_weight_decay: float = setting(
        0.0,
        "Prior weight decay",
        "Share of h and J that a step takes away, per unit of the prior's learning rate: weaker couplings, in which chains "
        "mix sooner, for a looser law.",
        ge=0.0,
        le=100.0,
        step=0.1,
        advanced=True,
    )
    learning_rate_schedule: Literal["cosine", "constant"] = setting(
        "cosine", "Rate schedule", "Cosine: a short warm-up, then down to a hundredth at the end.", advanced=True
    )
    mse_weight: float = setting(
        1.0,
        "Reconstruction weight",
        "Weight of the reconstruction's error: per pixel beside MMD, summed over the image beside KL.",
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
        shown_if={"objective": ("mmd",)},
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
    kl_weight: float = setting(
        2.0,
        "KL weight",
        "Evidence lower bound: weight of the divergence from the prior. Above 1, sharpness is given for digits that the "
        "prior can draw.",
        ge=0.0,
        le=100.0,
        step=0.1,
        shown_if={"objective": ("elbo",)},
        advanced=True,
    )
    kl_warm_up: float = setting(
        0.3,
        "KL warm-up",
        "Share of the run over which the KL weight rises from 0.",
        ge=0.0,
        le=1.0,
        step=0.1,
        shown_if={"objective": ("elbo",)},
        advanced=True,
    )
    label_weight: float = setting(
        0.0,
        "Label weight",
        "With class fields: weight of the cross-entropy of the digit as one linear layer reads it from the spins. It keeps "
        "strings of different digits apart, so that a digit asked for is the digit drawn.",
        ge=0.0,
        le=1e4,
        step=1.0,
        advanced=True,
    )
    critic_share: float = setting(
        0.0,
        "Critic's share",
        "The last part of the run, in which encoder and prior rest and the decoder learns from a critic: a network that "
        "learns to tell digits drawn from the prior from real ones. 0: none.",
        ge=0.0,
        le=1.0,
        step=0.1,
        advanced=True,
    )
    critic_weight: float = setting(
        50.0,
        "Critic weight",
        "How much the decoder heeds the critic, beside the reconstruction of real images.",
        ge=0.0,
        le=1e4,
        step=1.0,
        advanced=True,
    )
    placed_after: float = setting(
        0.0,
        "Latents placed after",
        "Share of the run, but for the critic's, after which the latent spins are laid anew on the graph, once: pairs that "
        "tell most of each other become neighbours. 0: they stay where they began.",
        ge=0.0,
        le=0.9,
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
        shown_if={"objective": ("mmd",)},
        advanced=True,
    )
    precision: Literal["auto", "float32"] = setting(
        "auto",
        "Precision",
        "Auto: the networks compute in bfloat16 where the processor or GPU does so by itself, which halves their time; "
        "weights, losses and spins stay in single precision.",
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
