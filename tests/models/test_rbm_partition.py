"""The compiled sum over states against the plain one in float64."""

import pytest
import torch

from boltzmann.models import rbm_enumeration
from boltzmann.models.rbm import RBM
from boltzmann.models.rbm_partition import summed_log_partition


def machine(visible, hidden, labels, scale):
    generator = torch.Generator().manual_seed(visible * 100 + hidden)
    rbm = RBM(visible, hidden, labels, scale, generator)
    rbm.visible_bias.normal_(generator=generator).mul_(scale)
    rbm.hidden_bias.normal_(generator=generator).mul_(scale)
    return rbm


def plain(rbm):
    """log Z with the hidden layer enumerated and nothing rounded to float32."""
    h = rbm_enumeration.layer_states(rbm.hidden, torch.device("cpu")).double()
    fields = rbm.visible_bias.double() + h @ rbm.weights.double().T
    own = h @ rbm.hidden_bias.double()
    pixels = torch.logaddexp(fields[:, : rbm.pixels], torch.zeros(1, dtype=torch.float64)).sum(1)
    labels = fields[:, rbm.pixels :].logsumexp(1) if rbm.labels else 0.0
    return float(torch.logsumexp(own + pixels + labels, 0))


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("units", [(49, 12, 0), (14, 15, 0), (17, 11, 3)], ids=str)
def test_log_partition_is_that_of_the_plain_sum(units, scale):
    rbm = machine(*units, scale)
    # Of a class the hidden biases and its label's weights are added in float32.
    assert rbm_enumeration.log_partition(rbm) == pytest.approx(plain(rbm), rel=1e-8 if rbm.labels else 1e-11)


def test_what_underflows_is_left_to_logarithms():
    rbm = machine(49, 11, 0, scale=100.0)
    assert summed_log_partition(rbm.hidden_bias, rbm.weights.T, rbm.visible_bias) is None
    assert rbm_enumeration.log_partition(rbm) == pytest.approx(plain(rbm), rel=1e-6)  # float32


def test_a_weight_that_is_no_number_shows():
    rbm = machine(20, 11, 0, scale=1.0)
    rbm.weights[3, 4] = torch.nan
    assert rbm_enumeration.log_partition(rbm) != rbm_enumeration.log_partition(rbm)


def test_the_summed_log_partition_of_25_units_moves_with_a_bias_as_their_mean_does():
    """d log Z / d a_i = <v_i>: the whole 2**25 states, against the closed form of a pixel without weights."""
    rbm = machine(30, 25, 0, scale=0.3)
    rbm.weights[0] = 0.0
    shifted = machine(30, 25, 0, scale=0.3)
    shifted.weights[0] = 0.0
    shifted.visible_bias[0] = 2.0
    change = torch.nn.functional.softplus(torch.tensor(2.0)) - torch.nn.functional.softplus(rbm.visible_bias[0])
    difference = rbm_enumeration.log_partition(shifted) - rbm_enumeration.log_partition(rbm)
    assert difference == pytest.approx(float(change), abs=1e-6)
