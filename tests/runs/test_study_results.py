"""Bands and tables of a study, from events whose medians can be told by hand."""

import pytest

from boltzmann.config import StudyConfig, Variant
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_results import bands, table

ARMS = (Variant(title="CD-1"), Variant(title="PCD-1", changes={"training.negative_phase": "pcd"}))


def point(step, kl, **more):
    return {"kind": "metrics", "step": step, "kl": kl, "seconds": step / 10, "updates": 100 * step, **more}


@pytest.fixture
def found(settings):
    """Three seeds: of CD-1 all finish; of PCD-1 one has diverged, one has failed and one is being trained."""
    studies = StudyStore.beside(settings.runs)
    study_id = studies.create(StudyConfig(title="Two arms", arms=ARMS, seeds=3))
    curves = {
        ("CD-1", 0): ("finished", [4.0, 1.0]),
        ("CD-1", 1): ("finished", [5.0, 3.0]),
        ("CD-1", 2): ("finished", [9.0, 2.0]),
        ("PCD-1", 0): ("finished", [2.0, float("nan")]),
        ("PCD-1", 1): ("failed", [2.0]),
        ("PCD-1", 2): ("running", [0.5]),
    }
    for member in studies.members(study_id):
        state, values = curves[member.arm, member.seed]
        events = [point(10 * (i + 1), kl, samples=7, reconstruction_error=0.25) for i, kl in enumerate(values)]
        studies.runs.append(member.run, events)
        studies.runs.write_status(member.run, state=state)
    return studies, study_id


def test_bands_are_the_median_and_the_range_over_the_seeds(found):
    panels = bands(*found)
    assert list(panels) == ["All"]
    assert list(panels["All"]) == ["CD-1", "PCD-1"]
    assert panels["All"]["CD-1"] == {
        "step": [10, 20], "seconds": [1.0, 2.0], "updates": [1000.0, 2000.0], "count": [3, 3],
        "median": [5.0, 2.0], "low": [4.0, 1.0], "high": [9.0, 3.0]}  # fmt: skip
    other = panels["All"]["PCD-1"]
    assert (other["step"], other["count"], other["median"]) == ([10], [3], [2.0])
    assert bands(*found, "error_rate")["All"]["CD-1"]["step"] == []


def test_runs_that_failed_or_diverged_are_counted_and_in_no_median(found):
    first, second = table(*found)["All"]
    assert (first["arm"], first["median"], first["low"], first["high"], first["ratio"]) == ("CD-1", 2.0, 1.0, 3.0, 1.0)
    assert (first["updates"], first["samples"], first["seconds"]) == (2000.0, 7.0, 2.0)
    assert first["figures"] == {"reconstruction_error": {"median": 0.25, "low": 0.25, "high": 0.25}}
    seeds = [{name: row[name] for name in ("finished", "failed", "stopped", "going")} for row in (first, second)]
    assert seeds[0] == {"finished": 3, "failed": 0, "stopped": 0, "going": 0}
    assert seeds[1] == {"finished": 0, "failed": 2, "stopped": 0, "going": 1}
    assert (second["median"], second["ratio"]) == (0.5, 4.0)


def test_new_events_are_seen_at_once(found):
    studies, study_id = found
    assert bands(studies, study_id)["All"]["PCD-1"]["step"] == [10]
    member = studies.members(study_id)[-1]
    studies.runs.append(member.run, [point(20, 0.25)])
    assert bands(studies, study_id)["All"]["PCD-1"]["step"] == [10, 20]
    assert table(studies, study_id)["All"][1]["median"] == 0.25


def test_a_step_that_is_measured_twice_counts_once_with_its_last_value(found):
    studies, study_id = found
    # As a run does that ends with its best weights.
    studies.runs.append(studies.members(study_id)[0].run, [point(20, 0.5)])
    band = bands(studies, study_id)["All"]["CD-1"]
    assert (band["step"], band["count"], band["low"]) == ([10, 20], [3, 3], [4.0, 0.5])


def test_likelihoods_have_no_ratio(settings):
    studies = StudyStore.beside(settings.runs)
    study_id = studies.create(StudyConfig(title="Two arms", arms=ARMS, seeds=1, figure="test_log_likelihood"))
    for member, value in zip(studies.members(study_id), (-90.0, -85.0), strict=True):
        studies.runs.append(member.run, [point(10, None, test_log_likelihood=value)])
    assert [(row["median"], row["ratio"]) for row in table(studies, study_id)["All"]] == [(-90.0, None), (-85.0, None)]


def test_a_study_without_a_measurement_has_empty_rows(settings):
    studies = StudyStore.beside(settings.runs)
    study_id = studies.create(StudyConfig(title="New", arms=ARMS, seeds=1))
    assert bands(studies, study_id)["All"]["CD-1"]["median"] == []
    row = table(studies, study_id)["All"][1]
    assert (row["median"], row["ratio"], row["updates"], row["going"], row["figures"]) == (None, None, None, 1, {})
