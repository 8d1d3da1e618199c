"""What a presenter edits: titles, colours, which presets are offered, and the ranges that the page shows."""

from __future__ import annotations

from boltzmann.ui.services import Demo, Preset

DEMO = Demo(
    title="Boltzmann Studio",
    headline="Handwritten digits, drawn from spins",
    lead="A Boltzmann machine on a quantum annealer's graph draws strings of spins; a neural network turns each string "
    "into a digit. Train one here and watch it learn.",
    accent=(
        "#e6f6f8",
        "#cfebf0",
        "#a2d8e1",
        "#72c5d3",
        "#48b4c6",
        "#2aa0b4",
        "#178ea3",
        "#0b7f94",
        "#076d80",
        "#03596a",
    ),
    presets=(
        Preset("demo", "Demo", "Clear digits of every class, in a minute on a laptop."),
        Preset("standard", "Standard", "Crisper still, with a critic who teaches the decoder, in ten minutes."),
        Preset("best", "Best", "Longer, with and without the critic: twenty minutes on a laptop."),
        Preset("mmd", "MMD", "The three losses MSE, MMD and NLL, each term apart, in three minutes."),
        Preset("reference", "Reference", "The recipe of the well-known public demo, for comparison."),
    ),
    lab_presets=(
        Preset(
            "bars", "Bars", "A bar on a ring of nine pixels, mode-assisted, with the exact divergence: ten seconds."
        ),
        Preset(
            "stripes", "Stripes", "Bars and stripes, 4 × 4, drawn by a simulated annealer: the quantum negative phase."
        ),
        Preset("digits", "Digits", "Small embedded digits by persistent chains, in some seconds."),
        Preset("mnist", "MNIST", "784 pixels, 500 hidden units: watch weights become strokes, in about two minutes."),
        Preset(
            "labels", "Labels", "MNIST with label units, hybrid training: a machine that reads digits and draws them."
        ),
    ),
    ranges={"model.n_latents": (16, 2048), "training.epochs": (1, 100)},
)
