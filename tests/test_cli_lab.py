"""The lab on the command line, with the real trainer and tiny machines."""

import json
import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pytest

from boltzmann.cli import main
from boltzmann.config import Variant, validate_study
from boltzmann.runs.studies import StudyStore

SHORT = ("--set", "training.epochs=40", "--set", "training.measurements=4")


@pytest.fixture
def boltzmann(tmp_path, capsys, monkeypatch):
    """Run a command; returns its exit status, what it printed, and its errors."""
    for name in ("runs", "data", "models"):
        monkeypatch.setenv(f"BOLTZMANN_{name.upper()}", str(tmp_path / name))

    def run(*arguments):
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return run


def test_a_machine_is_trained_resumed_listed_evaluated_and_exported(boltzmann, tmp_path):
    status, out, err = boltzmann("lab", "train", "--preset", "bars", *SHORT, "--json")
    found = json.loads(out)
    assert err.startswith("40 steps, 360 rows seen, about ")
    assert (status, found["state"], found["steps"]) == (0, "finished", 40)
    status, out, _ = boltzmann("resume", found["run"], "--epochs", "10", "--json")
    assert (status, json.loads(out)["steps"]) == (0, 50)
    listed = json.loads(boltzmann("runs", "--json")[1])
    assert [(row["run"], row["kind"]) for row in listed] == [(found["run"], "rbm")]
    assert "lab" in boltzmann("runs")[1]

    status, out, _ = boltzmann("lab", "evaluate", found["run"], "--json")
    report = json.loads(out)
    assert (status, report["machine"]) == (0, f"run:{found['run']}")
    assert report["kl"] == pytest.approx(json.loads(boltzmann("runs", "--json")[1])[0]["metrics"]["kl"], abs=1e-4)
    assert "log likelihood, exact, log z" in boltzmann("lab", "evaluate", found["run"])[1]

    folder, made = tmp_path / "models" / "rbm-bars", tmp_path / "report.json"
    made.write_text(out)
    assert boltzmann("lab", "export", found["run"], "--out", str(folder), "--evaluation", str(made))[0] == 0
    log = (folder / "figures.csv").read_text().splitlines()
    assert log[0].startswith("step,epoch,seconds")
    assert log[-1].startswith("50,")
    assert "| Trainer | CD-1, mode-assisted |" in (folder / "README.md").read_text()
    again = json.loads(boltzmann("lab", "evaluate", "rbm-bars", "--json")[1])
    assert (again["machine"], again["kl"]) == ("shipped:rbm-bars", report["kl"])


def test_a_table_is_learned(boltzmann, tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("\n".join(["0,1,1,0", "1,0,0,1"] * 8))
    settings = ("--set", "model.hidden=3", "--set", "training.mode_assisted=false")
    status, out, err = boltzmann("lab", "train", "--table", str(table), *SHORT, *settings, "--json")
    assert (status, json.loads(out)["state"]) == (0, "finished"), err


def test_a_study_is_stopped_by_ctrl_c_goes_on_and_is_compared(boltzmann, tmp_path):
    studies = StudyStore.beside(tmp_path / "runs")

    def interrupt():
        begun = time.monotonic()
        while not any(studies.runs.status(run_id).state == "running" for run_id in studies.runs.ids()):
            assert time.monotonic() - begun < 60
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    arguments = ("--panel", "6 + 6", "--seeds", "1", "--jobs", "1", "--set", "training.epochs=20000")
    status, out, err = boltzmann("lab", "compare", "mode-assisted", *arguments, "--json")
    stopped = json.loads(out)
    assert (status, stopped["state"], stopped["total"], stopped["finished"]) == (130, "stopped", 2, 0)
    assert stopped["panels"]["6 + 6"][1]["median"] is None

    status, out, err = boltzmann("lab", "compare", stopped["study"], "--jobs", "1", "--json")
    found = json.loads(out)
    assert (status, found["state"], found["finished"]) == (0, "finished", 2), err
    assert list(found["panels"]) == list(found["verdicts"]) == ["6 + 6"]
    first, second = found["panels"]["6 + 6"]
    assert (first["arm"], second["arm"]) == ("CD-1", "Mode-assisted")
    assert second["ratio"] == pytest.approx(first["median"] / second["median"])
    assert "Mode-assisted" in found["verdicts"]["6 + 6"]
    assert "2/2: " in err
    assert "1 seed = 2 runs of 20,000 steps, about" in err
    # What is finished is not trained again, and told in words.
    status, out, err = boltzmann("lab", "compare", found["study"])
    assert (status, "0 runs" in err) == (0, True)
    assert "1 of 1" in out

    file = tmp_path / "study.json"
    file.write_text(studies.config(found["study"]).model_dump_json())
    status, _, err = boltzmann("lab", "compare", str(file), "--set", "model.hidden=0")
    assert (status, "model.hidden is 0: it must be a whole number from 1" in err) == (2, True)


def test_a_study_of_decays_is_fitted_told_and_shipped(boltzmann, tmp_path, monkeypatch):
    arms = [{"title": "Fixed", "changes": {"inverse_temperature.scheme": "fixed"}}, {"title": "Known", "changes": {
        "inverse_temperature.scheme": "known"}}]  # fmt: skip
    base = {
        "data": {"dataset": "bars_and_stripes", "side": 3},
        "model": {"hidden": 4},
        "sampler": {"name": "simulated_qpu", "annealing_time": 2.0},
        "training": {"negative_phase": "sampler", "chains": 20, "epochs": 60, "measurements": 60},
    }
    study = {"title": "Small", "base": base, "arms": arms, "seeds": 2, "figure": "sum_squares", "analysis": "decay"}
    file = tmp_path / "small.json"
    file.write_text(json.dumps(study))
    status, out, err = boltzmann("lab", "compare", str(file), "--jobs", "1", "--json")
    found = json.loads(out)
    assert (status, found["finished"], found["figure"]) == (0, 4, "sum_squares"), err
    assert "2 of 2 fits" in err
    groups = found["decay"]["groups"]
    assert [(group["arm"], group["scheme"], group["runs"]) for group in groups] == [
        ("Fixed", "fixed", 2),
        ("Known", "known", 2),
    ]
    assert {"verdict", "final", "reasons"} < set(groups[0])
    assert len(out) < 20_000  # no curves
    final = [row["median"] for row in found["panels"]["All"]]
    assert [group["final"]["sum_squares"]["median"] for group in groups] == final

    monkeypatch.setenv("BOLTZMANN_STUDIES", str(tmp_path / "studies"))
    folder = tmp_path / "studies" / "small"
    status, out, err = boltzmann("lab", "export-study", found["study"], "--out", str(folder), "--json")
    assert (status, json.loads(out)["bytes"] > 1000) == (0, True), err
    assert "fits" not in err  # they are there
    status, out, err = boltzmann("lab", "compare", "shipped:small", "--json")
    shipped = json.loads(out)
    assert (status, shipped["finished"], shipped["decay"]) == (0, 4, found["decay"]), err
    assert [row["median"] for row in shipped["panels"]["All"]] == final
    status, out, _ = boltzmann("lab", "compare", "shipped:small")
    assert "Decay of the error" in out
    assert "ends with the least error" in out


@pytest.fixture
def decayed(tmp_path):
    """A finished study of three schemes and two pauses, whose errors tend to 10, 20 and 40, in seed 1 of the last to 45."""
    schemes = {"MaxLL": "max_likelihood", "MinSE": "min_entropy", "Linear": "linear"}
    arms = [Variant(title=title, changes={"inverse_temperature.scheme": name}) for title, name in schemes.items()]
    panels = [Variant(title=f"Pause {pause}", changes={"sampler.pause_at": pause}) for pause in (0.2, 0.5)]
    base = {"sampler": {"name": "simulated_qpu", "pause_time": 2.0}, "training": {"negative_phase": "sampler"}}
    study = {"title": "Decays", "base": base, "arms": arms, "panels": panels, "seeds": 2, "figure": "sum_squares"}
    studies = StudyStore.beside(tmp_path / "runs")
    study_id = studies.create(validate_study({**study, "analysis": "decay"}))
    rng, left = np.random.default_rng(0), {"MaxLL": 10.0, "MinSE": 20.0, "Linear": 40.0}
    for member in studies.members(study_id):
        c = left[member.arm] + 5 * (member.arm == "Linear" and member.seed == 1)
        errors = 1000 * np.exp(-0.06 * np.arange(120)) + c + rng.normal(0, 1, 120)
        kept = [{"kind": "metrics", "step": i, "epoch": float(i), "sum_squares": e} for i, e in enumerate(errors)]
        studies.runs.append(member.run, kept)
        studies.runs.write_status(member.run, durable=False, state="finished", step=119, total_steps=119)
    return study_id


@pytest.fixture
def heard():
    """Ctrl-C is heard, as in a terminal: a test process of several ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("ctrl_c", "words"), [(False, "a process was killed"), (True, "stopped by Ctrl-C")])
def test_fits_that_are_cut_short_leave_an_answer(boltzmann, decayed, ctrl_c, words):
    others = set(multiprocessing.active_children())

    def cut():
        begun = time.monotonic()
        while not (ours := set(multiprocessing.active_children()) - others):
            assert time.monotonic() - begun < 60
            time.sleep(0.01)
        time.sleep(0.8)  # the fits are handed out by then, and none has ended
        if ctrl_c:
            os.kill(os.getpid(), signal.SIGINT)
        for child in () if ctrl_c else ours:
            child.kill()

    threading.Thread(target=cut, daemon=True).start()
    status, out, err = boltzmann("lab", "compare", decayed, "--jobs", "2", "--json")
    found = json.loads(out)
    assert (status, found["state"], found["finished"], found["decay"]) == (1, "finished", 12, None), err
    assert words in found["error"]
    assert f"boltzmann lab compare {decayed} fits them again" in err


def test_a_terminal_tells_the_ratios_over_the_pauses_the_checks_and_the_notes(boltzmann, decayed):
    status, out, err = boltzmann("lab", "compare", decayed, "--jobs", "1")
    # Nothing is trained: no time is told.
    assert (status, "6 of 6 fits" in err, "about" in err) == (0, True, False), out
    assert "to 12 of 12 runs" in out
    lines = [" ".join(line.replace("│", " ").split()) for line in out.splitlines()]
    told = lines[next(place for place, row in enumerate(lines) if row.startswith("Ratios of c")) :]
    for of, over, ratio in (("MaxLL", "MinSE", 0.5), ("MaxLL", "Linear", 0.235), ("MinSE", "Linear", 0.47)):
        row = next(row for row in told if f"{of} {over} " in row)
        assert float(row.split(f"{of} {over} ")[1].split()[0]) == pytest.approx(ratio, rel=0.05), row
    # Over both pauses, not of each; a table of c, and one of the final errors.
    assert [row.startswith("Ratios of") for row in told].count(True) == 2
    assert sum("Pause 0.2" in row for row in told) == 2
    assert any(row.startswith("Pause 0.5, Linear: The repeats differ more") for row in lines)
    assert any("R-hat" in row and "samples" in row for row in lines)
    found = json.loads(boltzmann("lab", "compare", decayed, "--json")[1])["decay"]
    assert len(found["ratios"]) == 9
    assert found["groups"][0]["rhat"]["c"] < 1.01


def test_a_killed_process_ends_a_study_in_good_order(boltzmann, tmp_path):
    runs = StudyStore.beside(tmp_path / "runs").runs
    # Other tests' processes may live in the same one.
    others = set(multiprocessing.active_children())

    def kill():
        begun = time.monotonic()
        while not any(runs.status(run_id).state == "running" for run_id in runs.ids()):
            assert time.monotonic() - begun < 60
            time.sleep(0.01)
        for child in set(multiprocessing.active_children()) - others:
            child.kill()

    threading.Thread(target=kill, daemon=True).start()
    arguments = ("--panel", "6 + 6", "--seeds", "1", "--jobs", "1", "--set", "training.epochs=1000000")
    status, out, err = boltzmann("lab", "compare", "mode-assisted", *arguments, "--json")
    found = json.loads(out)
    assert (status, found["state"]) == (1, "interrupted")
    assert f"boltzmann lab compare {found['study']} goes on" in found["error"]
    assert found["error"] in err
    # At once, not after a while of silence: the command that is named must work now.
    assert {runs.status(run_id).state for run_id in runs.ids()} == {"interrupted"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "--set", "model.hiden=4"), "hiden is no setting"),
        (("train", "--config", "absent.json"), "absent.json"),
        (("compare", "nothing"), "there is no study 'nothing': give mode-assisted"),
        (("compare", "mode-assisted", "--panel", "9 x 9"), "no panel '9 x 9': choose of 6 + 6"),
        (("compare", "quantum", "--seeds", "99"), "seeds is 99"),
        (("compare", "quantum", "--reduced"), "quantum has no reduced form: adaptive-beta has"),
        (("export-study", "nothing", "--out", "x"), "there is no study 'nothing'"),
        (("compare", "quantum", "--jobs", "0"), "--jobs is 0"),
        (("evaluate", "nothing"), "no machine 'shipped:nothing'"),
        (("export", "run:20260101-000000-abcdef", "--out", "x"), "no machine"),
    ],
)
def test_bad_requests_get_a_clear_error(boltzmann, arguments, words):
    status, _, err = boltzmann("lab", *arguments)
    assert status == 2
    assert words in err
