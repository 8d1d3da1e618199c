"""Runs that begin with a model's weights."""

import pytest
import torch
from safetensors.torch import load_file

from boltzmann.config import ConfigError, validate
from boltzmann.runs import jobs
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import fine_tuning, resolve, starting_folder


def test_a_run_that_begins_with_a_model(small, settings, store):
    first = store.create(small(), "first")
    assert jobs.train_run(first, settings) == "finished"
    config = fine_tuning(resolve(f"run:{first}", settings, store))
    assert config.training.learning_rate == pytest.approx(small().training.learning_rate / 10)
    values = config.model_dump()
    values["sampler"] = {"name": "simulated_qpu"}
    values["training"] |= {"learning_rate": 1e-6, "prior_learning_rate": 1e-6}
    second = store.create(validate(values))
    assert jobs.train_run(second, settings) == "finished"
    before, after = (load_file(store.latest_checkpoint(run) / "weights.safetensors") for run in (first, second))
    assert before.keys() == after.keys()
    counted = ("running_mean", "running_var", "num_batches_tracked")
    for name in (name for name in before if not name.endswith(counted)):
        # Adam moves a weight by at most its rate a step, here for four steps.
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=1e-5)


def test_a_model_of_another_shape_is_refused(small, settings, store):
    first = store.create(small(), "first")
    jobs.train_run(first, settings)
    values = fine_tuning(resolve(f"run:{first}", settings, store)).model_dump()
    values["model"]["hidden"] = 48
    with pytest.raises(ConfigError, match=r"model.hidden differ from those of first"):
        starting_folder(validate(values), settings, store)
    run_id = store.create(validate(values))
    assert jobs.train_run(run_id, settings) == "failed"
    values["start_from"] = "shipped:nothing"
    with pytest.raises(StoreError, match="there is no model"):
        starting_folder(validate(values), settings, store)
