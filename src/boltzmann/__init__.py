"""Boltzmann Studio: generative models whose prior is a Boltzmann machine on a quantum annealer's graph."""
