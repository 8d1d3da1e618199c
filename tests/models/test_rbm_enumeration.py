"""The enumeration of one layer against that of both."""

import pytest
import torch

from boltzmann.models import rbm_enumeration
from boltzmann.models.rbm import RBM


def machine(visible, hidden, labels=0):
    generator = torch.Generator().manual_seed(visible * 100 + hidden)
    rbm = RBM(visible, hidden, labels, scale=1.0, generator=generator)
    rbm.visible_bias.normal_(generator=generator)
    rbm.hidden_bias.normal_(generator=generator)
    return rbm


def joint(rbm):
    """All joint states and their energies, one by one."""
    v = rbm_enumeration.layer_states(rbm.visible, torch.device("cpu"))
    h = rbm_enumeration.layer_states(rbm.hidden, torch.device("cpu"))
    v = v[v[:, rbm.pixels :].sum(1) == 1] if rbm.labels else v
    v, h = v.repeat_interleave(len(h), 0), h.repeat(len(v), 1)
    return v, h, rbm.energy(v, h).double()


@pytest.fixture(params=[(5, 3), (3, 6), (4, 4), (6, 3, 2), (4, 6, 3)], ids=str)
def rbm(request):
    return machine(*request.param)


@pytest.fixture(params=[2**19, 8], ids=["one block", "many blocks"], autouse=True)
def block(request, monkeypatch):
    monkeypatch.setattr(rbm_enumeration, "BLOCK", request.param)


def test_log_partition_is_that_of_all_joint_states(rbm):
    _, _, energies = joint(rbm)
    assert rbm_enumeration.log_partition(rbm) == pytest.approx(float(torch.logsumexp(-energies, 0)), abs=1e-5)


def test_the_mode_is_the_joint_state_of_lowest_energy(rbm):
    v, h, energies = joint(rbm)
    best = int(energies.argmin())
    found = rbm_enumeration.mode(rbm)
    assert torch.equal(found.v, v[best])
    assert torch.equal(found.h, h[best])
    assert found.energy == pytest.approx(float(energies[best]), abs=1e-5)


def test_samples_follow_the_law_of_all_joint_states(rbm):
    v, h, energies = joint(rbm)
    law = torch.softmax(-energies, 0)
    drawn_v, drawn_h = rbm_enumeration.exact_samples(rbm, 20_000, torch.Generator().manual_seed(0))
    moments = torch.einsum("s,si,sj->ij", law, v.double(), h.double())
    # The standard deviation of a mean of 20,000 numbers in [0, 1] is at most 0.0036.
    assert torch.allclose((drawn_v.T @ drawn_h / len(drawn_v)).double(), moments, atol=0.016)
    assert torch.allclose(drawn_v.mean(0).double(), law @ v.double(), atol=0.016)
    assert torch.allclose(drawn_h.mean(0).double(), law @ h.double(), atol=0.016)


def test_too_large_a_machine_is_refused():
    for ask in (rbm_enumeration.log_partition, rbm_enumeration.mode):
        with pytest.raises(ValueError, match=r"26 units.*at most 25"):
            ask(RBM(30, 26))
    with pytest.raises(ValueError, match=r"26 units.*at most 25"):
        rbm_enumeration.exact_samples(RBM(26, 27), 1, torch.Generator())
