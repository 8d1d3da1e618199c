"""The shipped studies open, with all of their runs and fits, and the docs print their figures."""

import pytest

from boltzmann.config.studies import READY_MADE
from boltzmann.runs.studies import StudyStore
from boltzmann.runs.study_decay import decay_of
from boltzmann.runs.study_results import bands, table
from boltzmann.settings import ROOT, Settings

STUDIES = ("adaptive-beta", "adaptive-beta-long")
DOCS = ROOT / "docs" / "adaptive-beta.md"


@pytest.fixture
def studies(tmp_path):
    return StudyStore.of(Settings(tmp_path, tmp_path / "runs", ROOT / "models", studies=ROOT / "studies"))


@pytest.mark.parametrize("name", STUDIES)
def test_a_shipped_study_opens_with_all_its_runs_and_fits(studies, name):
    study_id = f"shipped:{name}"
    assert study_id in studies.shipped_ids()
    status = studies.status(study_id)
    assert status.finished == status.total > 0
    curves = bands(studies, study_id)
    assert all(len(band["step"]) > 100 for arms in curves.values() for band in arms.values())
    found = decay_of(studies, study_id)
    assert found is not None, "its fits are of another version: export the study again"
    assert {(group["panel"], group["arm"]) for group in found["groups"]} == {
        (panel, arm) for panel, arms in curves.items() for arm in arms
    }


def test_the_shipped_study_is_the_ready_made_one(studies):
    config = studies.config("shipped:adaptive-beta")
    ready = READY_MADE["adaptive-beta"]
    assert (config.arms, config.panels, config.seeds) == (ready.arms, ready.panels, ready.seeds)


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_the_docs_print_what_the_study_found(studies, beta):
    text = DOCS.read_text("utf-8")
    for row in table(studies, "shipped:adaptive-beta")[f"Hidden beta {beta}, pause at 0.5"]:
        printed = f"{row['median']:,.0f} [{row['low']:,.0f}, {row['high']:,.0f}]"
        assert printed in text, (row["arm"], printed)


def test_the_estimate_ends_within_a_tenth_of_the_oracle(studies):
    for arms in table(studies, "shipped:adaptive-beta").values():
        final = {row["arm"]: row["median"] for row in arms}
        assert final["Estimated"] == pytest.approx(final["Known"], rel=0.1)
