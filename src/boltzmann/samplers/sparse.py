"""Sparse matrices in compressed rows, the fastest product of couplings and spins that plain torch has."""

from __future__ import annotations

import warnings

import torch


def sparse_rows(starts: torch.Tensor, columns: torch.Tensor, values: torch.Tensor, num_columns: int) -> torch.Tensor:
    """A CSR matrix.

    Args:
        starts: Shape (rows + 1,): where each row begins in ``columns``.
        columns: Shape (nnz,), ascending in each row.
        values: Shape (nnz,).
        num_columns: Width of the matrix.
    """
    with warnings.catch_warnings():
        # torch says once a process that its CSR tensors are in beta.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            starts, columns, values, size=(len(starts) - 1, num_columns), check_invariants=False
        )
