"""Training of the discrete variational autoencoder with its Boltzmann machine prior."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import torch

from boltzmann.config import RunConfig, sample_age
from boltzmann.data import ImageData
from boltzmann.evaluation.digits import QUICK_DIGITS
from boltzmann.evaluation.reference import Reference
from boltzmann.models.dvae import build
from boltzmann.models.stored import load_weights
from boltzmann.samplers import create
from boltzmann.samplers.base import Sampler, Samples
from boltzmann.samplers.programmed import ProgrammedSampler
from boltzmann.training import checkpoints
from boltzmann.training.critic import BETAS, Adversary
from boltzmann.training.dvae_reports import facts, pictures, quality, report
from boltzmann.training.errors import Diverged
from boltzmann.training.events import CheckpointDue, Event, Finished, Metrics, Notice, SamplerReport, Started
from boltzmann.training.inverse_temperature import InverseTemperature
from boltzmann.training.latent_placement import IMAGES, find_placement, mutual_information, place
from boltzmann.training.log_partition import ANCHOR_EVERY, LogPartition, of_present_law
from boltzmann.training.nll import NegativeLogLikelihood
from boltzmann.training.objectives import Strings, objective
from boltzmann.training.precision import autocast
from boltzmann.training.sample_buffer import SampleBuffer
from boltzmann.training.schedules import learning_rates

NEGATIVE_NATS = 3.0  # below the noise of an estimated log Z
NEGATIVE_KL = (
    "The divergence reads below 0, which it cannot be: log Z is underestimated. Chains that start at random no longer find "
    "all the states that the encoder uses. A smaller learning rate of the prior, or more weight on KL, keeps them in reach."
)
CRITIC_AHEAD = (
    "The critic tells drawn digits from real ones too well to teach the decoder any more, so the run ends here and keeps "
    'what was learned. More epochs before the critic begins, or a smaller "Critic\'s share", make it a better match.'
)
REPORT_EVERY = 10
"""Steps between two reports of the sampler. The first ones are all reported: a prefactor is found in a few."""


class DvaeTraining:
    """One training run, ready to go on from where it stands.

    Args:
        config: The run. When resuming, it may ask for more epochs than the checkpoint's.
        data: Images of ``config.data``.
        checkpoint: A folder written by :meth:`save`, to resume from. Its run may have had another sampler.
        sampler: Instead of a new one of ``config.sampler``.
        start: Without a checkpoint: the folder of a model whose graph and weights the run begins with.

    Resuming repeats, bit for bit on the same machine and thread count, what an unbroken run would have done.
    """

    def __init__(
        self,
        config: RunConfig,
        data: ImageData,
        checkpoint: Path | None = None,
        sampler: Sampler | None = None,
        start: Path | None = None,
    ) -> None:
        self.config = config
        self.data = data
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.step = 0
        self.seconds = 0.0
        self.metrics: dict[str, float] = {}
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            self.sampler = sampler or create(config.sampler, seed=config.seed)
            if model_folder := checkpoint or start:
                graph = checkpoints.load_graph(model_folder)
            else:
                graph = self.sampler.subgraph(config.model.spins, config.seed)
            self.model = build(config, graph).to(self.device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
            self._random = torch.get_rng_state()
            self.adversary: Adversary | None = None
            if config.training.critic_share:
                self.adversary = Adversary(self.model, config.data.image_size, config.data.pixels == "binary")
        self.nll = NegativeLogLikelihood(self.model)
        self.log_partition = LogPartition(config.seed)
        readout = self.model.readout
        networks = [*self.model.autoencoder.parameters(), *(readout.parameters() if readout else ())]
        self.optimisers = {
            "networks": torch.optim.Adam(networks, lr=config.training.learning_rate, fused=True),
            "prior": torch.optim.Adam(
                self.model.coefficients(),
                lr=config.training.prior_learning_rate,
                weight_decay=config.training.prior_weight_decay,
                decoupled_weight_decay=True,
                fused=True,
            ),
        }
        if self.adversary:
            decoder = torch.optim.Adam(self.model.autoencoder.decoder.parameters(), betas=BETAS, fused=True)
            self.optimisers |= {"decoder": decoder, "critic": self.adversary.optimiser}
        self._images, self._labels = data.train.to(self.device), data.train_labels.to(self.device)
        self._shuffled_epoch = -1
        self._warned = False
        self.reference = Reference.load(data) if data.source == "mnist" else None
        self.recent: deque[tuple[torch.Tensor, torch.Tensor | None]] = deque(
            maxlen=-(-QUICK_DIGITS // config.training.num_reads)
        )
        self.steps_per_epoch = max(1, len(self._images) // config.training.batch_size)
        self.total_steps = self.steps_per_epoch * config.training.epochs
        self.uncriticised_steps = round(self.total_steps * (1 - config.training.critic_share))
        self.placed_at = round(self.uncriticised_steps * config.training.placed_after)
        self.buffer = SampleBuffer(self.sampler, sample_age(config, self.steps_per_epoch))
        self.present = of_present_law(config, self.buffer.age_limit)
        self.led: InverseTemperature | None = None
        """Leads the sampler's prefactor, 1 / beta; None where the sampler follows its own estimates."""
        if config.inverse_temperature.scheme != "estimated":
            training = config.training
            self.led = InverseTemperature(
                config.inverse_temperature, training.prior_learning_rate, training.epochs, config.sampler
            )
        self.notice = ""
        self.program()
        if checkpoint:
            checkpoints.restore(self, checkpoint)
        elif start:
            load_weights(self.model, start / checkpoints.WEIGHTS)
            # Training steps cost more than a few drawings that find the sampler's temperature.
            self.sampler.calibrate(self.model.ising(self.model.labels(config.training.num_reads)))

    def program(self) -> None:
        """Give the sampler the beta that is led, where one is."""
        if self.led:
            assert isinstance(self.sampler, ProgrammedSampler)
            self.sampler.set_prefactor(1 / self.led.beta)

    def _lead(self, strings: Strings) -> None:
        """Move beta by the energies of encoded spins and reads of an epoch's last step, before that step's update; not where
        those are of an earlier epoch, in which they have moved it."""
        if self.led and (self.step + 1) % self.steps_per_epoch == 0:
            spins = strings.spins.detach()
            labels = None if strings.drawn is None else strings.labels.repeat_interleave(spins.shape[1])
            encoded = self.model.ising(labels).energy(self.model.whole(spins.flatten(0, 1).sign(), labels))
            reads = self.model.ising(strings.drawn).energy(strings.sampled)
            limited = self.led.limited(self.sampler.prefactor) if isinstance(self.sampler, ProgrammedSampler) else ""
            fresh = self.buffer.age <= self.steps_per_epoch
            epoch = (self.step + 1) // self.steps_per_epoch
            self.led.after_epoch(epoch, encoded if fresh else None, reads if fresh else None, self.buffer.programmed)
            self.notice = limited or self.led.notice or self.notice
            self.program()

    def save(self, folder: Path) -> None:
        """Write a complete checkpoint into ``folder``: a model that can be loaded, and all that resuming needs."""
        checkpoints.save(self, folder)

    def events(self) -> Iterator[Event]:
        """Train to the end, saying what happens. Closing the generator stops between two steps."""
        training = self.config.training
        critic_from = self.uncriticised_steps if self.adversary else None
        yield Started(self.step, self.total_steps, self.steps_per_epoch, facts(self), critic_from)
        if self.data.notice:
            yield Notice(self.step, self.data.notice)
        yield from self._notices()
        begun = time.perf_counter() - self.seconds
        checkpoint_every = training.checkpoint_every or self.steps_per_epoch
        while self.step < self.total_steps:
            self.metrics, samples, fresh = self._train_step()
            self.step += 1
            self.seconds = time.perf_counter() - begun
            last = self.step == self.total_steps
            yield from self._notices()
            yield Metrics(self.step, self.step / self.steps_per_epoch, self.seconds, **self.metrics)
            if self.metrics["kl"] < -NEGATIVE_NATS and not self._warned:
                self._warned = True
                yield Notice(self.step, NEGATIVE_KL)
            due = self.step <= REPORT_EVERY or self.step % REPORT_EVERY == 0 or last or self.buffer.age_limit > 1
            if fresh and due:
                yield SamplerReport(self.step, samples.seconds, report(self.model, samples))
            if self.step == 1 or self.step % training.picture_every == 0 or last:
                yield from pictures(self, samples)
            if self.step % checkpoint_every == 0 or last:
                yield from quality(self)
                yield CheckpointDue(self.step)
        yield Finished(self.step, self.seconds)

    def _notices(self) -> Iterator[Notice]:
        if self.notice:
            yield Notice(self.step, self.notice)
            self.notice = ""

    def _train_step(self) -> tuple[dict[str, float], Samples, bool]:
        training = self.config.training
        rates = learning_rates(training, self.step, self.uncriticised_steps, self.total_steps)
        if self.adversary and self.step == self.uncriticised_steps:
            self.adversary.begin()
        for name, rate in rates.items():
            self.optimisers[name].param_groups[0]["lr"] = rate
        if self.placed_at and self.step == self.placed_at:
            self._place()
        self._let_learn("prior" in rates)
        images, labels = self._batch()
        if not all(torch.isfinite(part).all() for part in self.model.coefficients()):
            raise Diverged(
                f"the prior has coefficients that are no finite numbers at step {self.step + 1}: train again with "
                "smaller learning rates"
            )
        samples, drawn, fresh = self.buffer.next(self.model, training.num_reads)
        if fresh:
            self.recent.append((samples.spins, drawn))
        sampled = samples.spins.to(self.device, torch.float32)

        # The run keeps its own random numbers: whoever else draws in this process does not change it.
        with torch.random.fork_rng(), autocast(self.device, training.precision):
            torch.set_rng_state(self._random)
            logits, spins, reconstructions = self.model(images)
            self._random = torch.get_rng_state()
        if self.step % ANCHOR_EVERY == 0:
            self.nll.anchor(self.log_partition.estimate(self.model, self.step))
        else:
            self.nll.follow(*((sampled, drawn) if self.present else self.log_partition.strings(self.model, self.step)))
        strings = Strings(images, labels, logits, spins, reconstructions, sampled, self.model.latent(sampled), drawn)
        self._lead(strings)
        loss, values = objective(
            training, self.model, self.nll, strings, (self.step + 1) / max(1, self.uncriticised_steps)
        )
        if self.adversary and "critic" in rates:
            with autocast(self.device, training.precision):
                taught, values["critic"] = self.adversary.judge(strings, self.step)
            # Beside MMD the reconstruction's error is that of a pixel, beside KL that of an image.
            pixels = 1 if training.objective == "elbo" else images[0].numel()
            loss = loss + training.critic_weight / pixels * taught
        if not torch.isfinite(loss):
            # Before the update, so that the last good weights can still be saved.
            shown = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
            raise Diverged(
                f"the loss is {loss.item()} at step {self.step + 1} ({shown}): train again with smaller learning rates or "
                "weights"
            )
        learning = [self.optimisers[name] for name in rates if name != "critic"]  # who has learned already
        for optimiser in learning:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        for optimiser in learning:
            optimiser.step()
        if self.adversary and "critic" in rates and self.adversary.ahead:
            self.total_steps, self.notice = self.step + 1, CRITIC_AHEAD
        rate = rates["networks" if "networks" in rates else "decoder"]
        values |= {"learning_rate": rate, "prior_learning_rate": rates.get("prior", 0.0)}
        return values, samples, fresh

    @torch.no_grad()
    def _place(self) -> None:
        """Lay the latent spins anew on the graph, by the mutual information of encoded ones."""
        self.model.eval()
        logits = [self.model.autoencoder.encoder(part.float() / 255) for part in self._images[:IMAGES].split(1000)]
        labels = None if self.model.class_fields is None else self._labels[:IMAGES]
        found = find_placement(
            self.model, mutual_information(torch.tanh(torch.cat(logits) / 2), labels), self.config.seed
        )
        place(self.model, found.order, self.optimisers["networks"])
        # What is known of the old places holds no more.
        self.optimisers["prior"].state.clear()
        self.recent.clear()
        self.buffer.forget()
        self.nll.anchor(self.log_partition.estimate(self.model, self.step))
        self.notice = found.words()

    def _let_learn(self, everything: bool) -> None:
        """Have all parts of the model learn, or the decoder alone, as the finished model: with the statistics of its
        normalisation as they are."""
        self.model.train(everything)
        self.model.requires_grad_(everything)
        self.model.autoencoder.decoder.requires_grad_(True)

    def summary(self) -> dict[str, object]:
        """What is worth knowing of the training so far, JSON values: it travels with the weights."""
        return {
            "step": self.step,
            "epochs": round(self.step / self.steps_per_epoch, 2),
            "seconds": round(self.seconds, 1),
            "data": self.data.source,
            "metrics": self.metrics,
        }

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        epoch, position = divmod(self.step, self.steps_per_epoch)
        if epoch != self._shuffled_epoch:
            # From the seed and the epoch alone, so that a resumed run meets the same images in the same order.
            generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + epoch)
            self._order = torch.randperm(len(self._images), generator=generator).to(self.device)
            self._shuffled_epoch = epoch
        size = self.config.training.batch_size
        chosen = self._order[position * size : (position + 1) * size]
        return self._images[chosen].float() / 255, self._labels[chosen]
