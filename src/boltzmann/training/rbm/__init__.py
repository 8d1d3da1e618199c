"""Training of restricted Boltzmann machines, every way that the lab offers."""

from boltzmann.training.rbm.trainer import RBMTraining as RBMTraining
