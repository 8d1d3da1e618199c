"""Spin reversals: programmings of one problem that differ in which spins are mirrored, so that fixed biases average out.

With signs g_i the problem of h'_i = g_i h_i and J'_ij = g_i g_j J_ij has the same energies for the spins g_i s_i: the gauge
transformations of Boixo et al., "Experimental signature of programmable quantum annealing", Nature Communications 4, 2013
(DOI 10.1038/ncomms3067).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boltzmann.samplers.programmed import Ranges


@dataclass(frozen=True, eq=False)
class Reversals:
    """Programmings of one problem and the reads of each.

    Args:
        reads: Number of reads of each programming, in turn.
        signs: float64 of shape (programmings, n): -1 for a mirrored spin.
    """

    reads: list[int]
    signs: np.ndarray

    @classmethod
    def draw(cls, number: int, num_reads: int, n: int, random: np.random.Generator) -> Reversals:
        """``num_reads`` shared among ``number`` programmings, each with about half of n spins mirrored.

        A ``number`` of 0 is one programming without any; there are never more programmings than reads.
        """
        problems = min(max(number, 1), num_reads)
        signs = random.choice((-1.0, 1.0), size=(problems, n)) if number else np.ones((problems, n))
        return cls([(num_reads + i) // problems for i in range(problems)], signs)

    def problems(self, edges: np.ndarray, linear: np.ndarray, quadratic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h (programmings, n) and J (programmings, m) of the mirrored problems of h (n,) and J (m,) on ``edges`` (m, 2)."""
        a, b = edges.T
        return self.signs * linear, self.signs[:, a] * self.signs[:, b] * quadratic

    def undo(self, spins: np.ndarray, nodes: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The spins of the problem itself, int8 (reads, k), from those of all programmings in turn.

        Args:
            spins: Shape (reads, k).
            nodes: Which of the n spins these are; all of them unless said.
        """
        return (spins * np.repeat(self.signs[:, nodes], self.reads, axis=0)).astype(np.int8)


def either_sign(ranges: Ranges) -> Ranges:
    """The part of each range that holds for either sign, for a spin that is mirrored turns signs over."""
    return Ranges(*((-min(-low, high), min(-low, high)) for low, high in ranges))
