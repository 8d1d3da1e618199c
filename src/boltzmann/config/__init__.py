"""What a run is made of: the one source of ranges, defaults, labels and help texts.

A :class:`RunConfig` describes a run completely. Every entrance (form, command line, URL, file) validates with this
class; widgets take their label, help text, range and step from :func:`field_spec`.
"""

from boltzmann.config.budget import (
    Estimate,
    ends_early,
    estimate,
    estimate_drawing,
    estimate_lab,
    first_limit,
    sample_age,
)
from boltzmann.config.changes import changed
from boltzmann.config.fields import Part, setting
from boltzmann.config.inverse_temperature import PRINTED_MIN_ENTROPY, InverseTemperatureConfig
from boltzmann.config.parts import DataConfig, ModelConfig, TrainingConfig
from boltzmann.config.rbm import CLASSES, RBM_PRESETS, RBMConfig, training_rows, visible_units
from boltzmann.config.rbm_limits import ENUMERABLE, OFTEN, enumeration_terms, too_large
from boltzmann.config.rbm_parts import PATTERNS, VALIDATION_SHARE, BinaryDataConfig, RBMModelConfig, RBMTrainingConfig
from boltzmann.config.run import PRESETS, RunConfig
from boltzmann.config.sampler import (
    CLOUD_SAMPLERS,
    SAMPLER_CONFIGS,
    AnnealingConfig,
    CloudConfig,
    DWaveConfig,
    DynexConfig,
    ExactConfig,
    GibbsConfig,
    SamplerConfig,
    SimulatedQPUConfig,
)
from boltzmann.config.specs import field_spec, fields_of
from boltzmann.config.study import FIGURES, Member, StudyConfig, Variant, validate_study
from boltzmann.config.validation import ConfigError, validate, validate_json, validate_rbm, validate_sampler

__all__ = [
    "CLASSES",
    "CLOUD_SAMPLERS",
    "ENUMERABLE",
    "FIGURES",
    "OFTEN",
    "PATTERNS",
    "PRESETS",
    "PRINTED_MIN_ENTROPY",
    "RBM_PRESETS",
    "SAMPLER_CONFIGS",
    "VALIDATION_SHARE",
    "AnnealingConfig",
    "BinaryDataConfig",
    "CloudConfig",
    "ConfigError",
    "DWaveConfig",
    "DataConfig",
    "DynexConfig",
    "Estimate",
    "ExactConfig",
    "GibbsConfig",
    "InverseTemperatureConfig",
    "Member",
    "ModelConfig",
    "Part",
    "RBMConfig",
    "RBMModelConfig",
    "RBMTrainingConfig",
    "RunConfig",
    "SamplerConfig",
    "SimulatedQPUConfig",
    "StudyConfig",
    "TrainingConfig",
    "Variant",
    "changed",
    "ends_early",
    "enumeration_terms",
    "estimate",
    "estimate_drawing",
    "estimate_lab",
    "field_spec",
    "fields_of",
    "first_limit",
    "sample_age",
    "setting",
    "too_large",
    "training_rows",
    "validate",
    "validate_json",
    "validate_rbm",
    "validate_sampler",
    "validate_study",
    "visible_units",
]
