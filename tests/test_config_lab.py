"""What runs and studies of the lab refuse, with its cause."""

import pytest

from boltzmann.config import FIGURES, RBM_PRESETS, ConfigError, RBMConfig, changed, training_rows, validate_study
from boltzmann.training.events import Measured

MNIST = {"data.dataset": "mnist"}
LABELS = MNIST | {"model.label_units": True}
TABLE = {"data.dataset": "table", "data.table": "20260101-000000-abcdef"}
TEMPERING = {"training.negative_phase": "tempering", "training.chains": 10_000, "training.temperatures": 100}


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        (LABELS | {"training.objective": "discriminative", "training.mode_assisted": True}, "no negative phase"),
        (
            TEMPERING | {"model.hidden": 4096},
            r"100 training.temperatures x 10,000 training.chains x 4,096 units make 16.4 GB",
        ),
        (
            LABELS | {"training.objective": "hybrid", "model.hidden": 4096},
            "60,000 rows x 10 classes x 4,096 units make 9.8 GB",
        ),
        (MNIST | {"model.hidden": 4096}, "60,000 rows x 4,096 units"),
        (MNIST | {"training.negative_phase": "exact", "model.hidden": 25}, "2.6e\\+10 terms"),
        (MNIST | {"training.mode_assisted": True, "model.hidden": 25}, "in 10% of the steps"),
        (MNIST | {"training.negative_phase": "exact", "model.hidden": 26}, "at most 25"),
    ],
)
def test_what_would_be_ignored_or_too_large_is_refused(changes, cause):
    with pytest.raises(ConfigError, match=cause):
        changed(RBMConfig(), changes)


@pytest.mark.parametrize(
    "changes",
    [
        MNIST | {"training.negative_phase": "exact", "model.hidden": 16},
        MNIST | {"training.mode_assisted": True, "model.hidden": 19},
        LABELS | {"training.objective": "hybrid", "model.hidden": 4096, "training.batch_size": 1000},
        TABLE | TEMPERING,  # whose columns are counted when it is read
        TABLE | {"training.negative_phase": "exact", "model.hidden": 40},
    ],
)
def test_what_can_be_done_is_allowed(changes):
    changed(RBMConfig(), changes)


def test_validation_rows_are_no_training_rows():
    digits = RBM_PRESETS["digits"]
    assert training_rows(digits) == 1500
    assert training_rows(changed(digits, {"training.patience": 5})) == 1350
    assert training_rows(changed(RBMConfig(), {"training.patience": 5})) == 9  # listed in full


def study(figure="kl", panel=None, **arm):
    return {
        "title": "Two",
        "arms": [{"title": "one"}, {"title": "other", "changes": arm}],
        "panels": [{"title": "All", "changes": panel or {}}],
        "figure": figure,
    }


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (study(figure="nonsense"), "figure is 'nonsense'"),
        (study(**{"data.length": 4}), "arms are compared on the same data"),
        (study(data={"dataset": "digits"}), "arms are compared on the same data"),
        (study(replay_of="20260101-000000-abcdef"), "replay_of, which a study sets itself"),
        (study(panel={"versions": {"torch": "1"}}), "versions, which a study sets itself"),
        (study(panel={"kind": "rbm"}), "kind, which a study sets itself"),
    ],
)
def test_a_study_compares_what_can_be_compared(values, cause):
    with pytest.raises(ConfigError, match=cause):
        validate_study(values)


def test_a_study_may_change_rows_between_arms_and_data_between_panels():
    validate_study(study(panel={"data.dataset": "mnist"}, **{"data.train_size": 1000}))
    assert set(FIGURES) <= set(Measured.__dataclass_fields__)
