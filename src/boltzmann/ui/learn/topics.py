"""All topics, in the order in which they are best read."""

from __future__ import annotations

from boltzmann.ui.learn import annealers, divergence, dvae, energy, likelihood, mmd, mode, rbm
from boltzmann.ui.learn.topic import Topic

TOPICS: dict[str, Topic] = {
    part.TOPIC.key: part.TOPIC for part in (energy, rbm, divergence, annealers, mode, dvae, mmd, likelihood)
}
