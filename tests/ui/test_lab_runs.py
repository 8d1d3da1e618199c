"""Runs of the lab in the list of runs, those of a study as one."""

from __future__ import annotations

from boltzmann.config import StudyConfig, Variant
from boltzmann.runs.studies import StudyStore


def listed(page):
    tick = {"runs-tick-asked.data": 1, "runs-version.data": None}
    return str(page.call("runs-list.children", tick, {"runs-seen.data": None}))


def press(page, kind, key, output="runs-version.data"):
    store = {"delete": "run-deleted", "undo": "run-undone", "rename": "run-renamed"}[kind]
    return page.call(output, {f"{store}.data": {"run": key, "at": 1}})


def test_the_list_links_a_run_of_the_lab_to_its_room(page, lab_run):
    text = listed(page)
    assert f"/lab?run={lab_run}" in text
    assert "9 hidden units · CD-1, mode-assisted" in text
    assert "KL 0.25" in text
    rows = page.get(f"/files/runs/{lab_run}/metrics.csv").text.splitlines()
    assert rows[0].startswith("step,epoch,seconds,learning_rate")
    assert len(rows) == 5
    studio = page.call("studio-right.children", {"url.search": f"?run={lab_run}"}, {"url.pathname": "/"})
    assert f"/lab?run={lab_run}" in str(studio)


def test_the_runs_of_a_study_are_one_card_that_can_be_deleted_and_brought_back(page, settings, lab_run):
    studies = StudyStore.beside(settings.runs)
    study = studies.create(StudyConfig(title="Two rates", arms=(Variant(title="one"), Variant(title="two")), seeds=2))
    members = [member.run for member in studies.members(study)]
    for run_id in members[:3]:
        page.store.write_status(run_id, state="finished")
    page.store.write_status(members[3], state="stopped")
    text = listed(page)
    assert f"/lab/compare?study={study}" in text
    assert "3 of 4 runs finished" in text
    assert not any(f"/lab?run={run_id}" in text for run_id in members)
    press(page, "delete", f"study:{study}")
    assert page.store.ids() == [lab_run]
    press(page, "undo", f"study:{study}")
    assert set(page.store.ids()) == {lab_run, *members}
    assert f"/lab/compare?study={study}" in listed(page)
