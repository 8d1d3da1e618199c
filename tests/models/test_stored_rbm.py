"""A machine that is written comes back; what does not fit is refused with its cause."""

import pytest
import torch

from boltzmann.config import BinaryDataConfig, ConfigError, RBMConfig, RBMModelConfig
from boltzmann.models.rbm import RBM
from boltzmann.models.stored_rbm import load_machine, save_machine

CONFIG = RBMConfig(data=BinaryDataConfig(length=5), model=RBMModelConfig(hidden=3))
TABLE = RBMConfig(
    data=BinaryDataConfig(dataset="table", table="20260101-000000-abcdef"),
    model=RBMModelConfig(hidden=3, label_units=True),
)


def test_a_machine_comes_back_with_its_facts(tmp_path):
    rbm = RBM(5, 3, generator=torch.Generator().manual_seed(0))
    save_machine(tmp_path / "model", CONFIG, rbm, {"step": 7, "data": "shifting_bars"})
    stored = load_machine(tmp_path / "model")
    assert stored.config == CONFIG
    assert stored.facts == {"step": 7, "data": "shifting_bars"}
    for name, value in rbm.state_dict().items():
        assert torch.equal(stored.rbm.state_dict()[name], value)


@pytest.mark.parametrize(
    ("config", "rbm", "cause"),
    [
        (CONFIG, RBM(5, 4), "4 hidden units, its configuration 3"),
        (CONFIG, RBM(6, 3), "6 visible units, its configuration 5"),
        (CONFIG, RBM(5, 3, labels=2), "2 label units, its configuration 0"),
        (TABLE, RBM(5, 3), "no label units"),
    ],
)
def test_a_machine_that_does_not_fit_its_configuration_is_refused(tmp_path, config, rbm, cause):
    save_machine(tmp_path, config, rbm)
    with pytest.raises(ConfigError, match=cause):
        load_machine(tmp_path)


def test_a_table_alone_knows_its_columns_and_classes(tmp_path):
    save_machine(tmp_path, TABLE, RBM(7, 3, labels=2))
    assert load_machine(tmp_path).rbm.pixels == 5


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
