"""All topics, in the order in which they are best read."""

from __future__ import annotations

from boltzmann.ui.learn import annealers, divergence, dvae, energy, inverse_temperature, likelihood, mmd, mode, rbm
from boltzmann.ui.learn.topic import Topic

ORDER = (energy, rbm, divergence, annealers, inverse_temperature, mode, dvae, mmd, likelihood)
TOPICS: dict[str, Topic] = {part.TOPIC.key: part.TOPIC for part in ORDER}
