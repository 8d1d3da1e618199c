"""A machine that is written comes back; what does not fit is refused with its cause."""

import pytest
import torch

from boltzmann.config import ConfigError, RBMConfig, RBMModelConfig
from boltzmann.models.rbm import RBM
from boltzmann.models.stored_rbm import load_machine, save_machine

CONFIG = RBMConfig(model=RBMModelConfig(hidden=3))


def test_a_machine_comes_back_with_its_facts(tmp_path):
    rbm = RBM(5, 3, generator=torch.Generator().manual_seed(0))
    save_machine(tmp_path / "model", CONFIG, rbm, {"step": 7, "data": "shifting_bars"})
    stored = load_machine(tmp_path / "model")
    assert stored.config == CONFIG
    assert stored.facts == {"step": 7, "data": "shifting_bars"}
    for name, value in rbm.state_dict().items():
        assert torch.equal(stored.rbm.state_dict()[name], value)


def test_a_machine_that_does_not_fit_its_configuration_is_refused(tmp_path):
    save_machine(tmp_path, CONFIG, RBM(5, 4))
    with pytest.raises(ConfigError, match="4 hidden units, its configuration 3"):
        load_machine(tmp_path)


@pytest.mark.parametrize(
    ("name", "cause"), [("config.json", "cannot be read"), ("weights.safetensors", "cannot be read")]
)
def test_damaged_files_are_refused(tmp_path, name, cause):
    save_machine(tmp_path, CONFIG, RBM(5, 3))
    (tmp_path / name).write_bytes(b"not what it was")
    with pytest.raises(ConfigError, match=cause):
        load_machine(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError):
        load_machine(tmp_path)
