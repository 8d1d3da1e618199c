import pytest

from boltzmann.config import (
    PRESETS,
    SAMPLER_CONFIGS,
    ConfigError,
    RunConfig,
    field_spec,
    fields_of,
    validate,
    validate_json,
)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_a_file(name):
    assert validate_json(PRESETS[name].model_dump_json()) == PRESETS[name]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"model": {"n_latents": 8}}, ["model.n_latents", "8", "16 to 4,096"]),
        ({"model": {"n_latents": "<img onerror=alert(1)>"}}, ["model.n_latents", "16 to 4,096"]),
        ({"data": {"image_size": 30}}, ["data.image_size", "28 or 32"]),
        ({"training": {"epochs": 10**12}}, ["training.epochs", "1 to 1,000"]),
        ({"training": {"learning_rate": float("nan")}}, ["training.learning_rate", "nan"]),
        ({"sampler": {"name": "gibbs", "sweeps": 0}}, ["sampler.sweeps", "1 to 10,000"]),
        ({"sampler": {"name": "magic"}}, ["magic", "gibbs"]),
        ({"sampler": {"name": "exact"}}, ["20", "160"]),
        ({"training": {"batch_size": 2048}, "data": {"train_size": 256}}, ["training.batch_size", "2048", "256"]),
        ({"surprise": 1}, ["surprise"]),
        ([], ["configuration"]),
        (None, ["configuration"]),
    ],
)
def test_a_bad_value_is_named_with_its_range(values, words):
    with pytest.raises(ConfigError) as caught:
        validate(values)
    for word in words:
        assert word in str(caught.value)


def test_every_bad_field_is_reported_and_long_values_are_cut():
    with pytest.raises(ConfigError) as caught:
        validate({"training": {"epochs": 0, "batch_size": "x" * 10_000}})
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(len(line) < 300 for line in lines)


def test_every_field_can_be_shown():
    parts = {name: RunConfig.model_fields[name].annotation for name in ("data", "model", "training")}
    parts |= {f"sampler.{name}": part for name, part in SAMPLER_CONFIGS.items()}
    for path, part in parts.items():
        for name in fields_of(part):
            spec = field_spec(f"{path}.{name}")
            assert spec is not None
            assert spec["label"]
            assert spec["help"].endswith(".")
            if spec["kind"] in ("int", "float"):
                assert spec["minimum"] < spec["maximum"]
                assert spec["step"] > 0
    assert field_spec("training.nothing") is None
    assert field_spec("nothing.epochs") is None
