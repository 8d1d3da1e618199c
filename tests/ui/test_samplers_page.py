"""The Samplers page: every state of every sampler, each apart, never a secret."""

from __future__ import annotations

import io
import json
import subprocess
import threading
import time

import numpy as np
import pytest
from flask_caching import Cache
from PIL import Image

from boltzmann import graphs
from boltzmann.config import CLOUD_SAMPLERS, SAMPLER_CONFIGS, validate
from boltzmann.runs.drawings import DrawingStore
from boltzmann.runs.engine import Engine
from boltzmann.runs.store import RunStore
from boltzmann.samplers.chip_facts import chip_facts
from boltzmann.samplers.cloud.access_steps import STATES
from boltzmann.ui.chip_picture import chip_picture
from boltzmann.ui.components.sampler_card import sampler_card
from boltzmann.ui.components.settings_form import collect
from boltzmann.ui.looker import FRESH_SECONDS, Looker
from boltzmann.ui.pages import studio
from boltzmann.ui.services import Services
from demo_configs import DEMO

CHIP = chip_facts("Advantage2_x", "zephyr", 2, range(1, 160))
ABLE = {
    "title": "T", "description": "Draws spins.", "clamping": True, "reproducible": False, "temperature_known": False,
    "max_nodes": None, "linear_range": [-4, 4], "quadratic_range": None, "cost": "QPU access time",
}  # fmt: skip


def row(name, state="ready", **access):
    base = {"available": state in ("ready", "simulated_service"), "state": state, "why": "Why.", "mend": "Mend.",
            "given": [], "endpoint": None, "simulated_service": False, "solvers": [], "chip": None}  # fmt: skip
    return {"sampler": name, **ABLE, "access": {**base, **access}}


def text(*parts):
    return json.dumps(parts, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


@pytest.fixture(autouse=True)
def go():
    """Lets the command line answer, as it does at once unless a test clears it."""
    event = threading.Event()
    event.set()
    return event


@pytest.fixture(autouse=True)
def rows(monkeypatch, go):
    """What the command line would say; each test may change it."""
    found = {name: row(name) for name in SAMPLER_CONFIGS}
    ask = lambda names: [found[name] for name in names if go.wait(10)]  # noqa: E731
    monkeypatch.setattr("boltzmann.ui.looker.ask_command_line", ask)
    return found


def settled(looker):
    until = time.monotonic() + 10
    while any(map(looker.looking, SAMPLER_CONFIGS)):
        assert time.monotonic() < until
        time.sleep(0.01)


def show(page, shown=None):
    outputs = '{"name":["ALL"],"type":"sampler-card"}.children'
    names = [[{"name": name, "type": "sampler-card"}, None] for name in SAMPLER_CONFIGS]
    return page.call(
        "samplers-shown.data", {"samplers-tick-asked.data": 5}, {outputs: names, "samplers-shown.data": shown}
    )


def visit(page):
    return json.dumps(page.call("page.children", {"url.pathname": "/samplers"}, {"url.search": ""}), ensure_ascii=False)


def until_done(page):
    for _ in range(200):
        answer = show(page)
        assert answer["samplers-tick-answered"]["data"] == 5
        if answer["samplers-tick"]["disabled"]:
            return answer
        time.sleep(0.02)
    raise AssertionError("the page looks for ever")


def test_the_page_is_there_at_once_and_fills_in(page, go):
    go.clear()
    first = visit(page)
    for words in ("Simulated QPU", "D-Wave QPU", "Exact enumeration", "looking", "Nothing yet: no run has used it."):
        assert words in first
    assert "Range of h" not in first
    waiting = show(page)
    assert (waiting["samplers-tick"]["disabled"], waiting["look-again"]["loading"]) == (False, True)
    go.set()
    done = until_done(page)
    assert done["look-again"]["loading"] is False
    assert "Range of h" in json.dumps(done)
    again = show(page, done["samplers-shown"]["data"])
    assert not any(value for name, value in again.items() if "sampler-card" in name), again


def test_one_that_hangs_holds_up_no_other(rows, go):
    go.clear()
    looker = Looker(lambda names: [rows[name] for name in names if "dwave" not in names or go.wait(10)])
    looker.look()
    until = time.monotonic() + 10
    while [name for name in SAMPLER_CONFIGS if looker.row(name) is None] != ["dwave"]:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert looker.looking("dwave")
    go.set()
    settled(looker)
    assert looker.row("dwave") == rows["dwave"]


def test_what_was_seen_is_kept_for_a_minute(rows, monkeypatch):
    asked = []
    looker = Looker(lambda names: [asked.append(name) or rows[name] for name in names])
    for _ in range(2):
        looker.look()
        settled(looker)
    assert sorted(asked) == sorted(SAMPLER_CONFIGS)
    looker.look(again=True)
    settled(looker)
    assert sorted(asked[len(SAMPLER_CONFIGS) :]) == sorted(CLOUD_SAMPLERS)
    del asked[:]
    later = time.monotonic() + FRESH_SECONDS + 1
    monkeypatch.setattr("boltzmann.ui.looker.time.monotonic", lambda: later)
    looker.look()
    while any(map(looker.looking, SAMPLER_CONFIGS)):
        time.sleep(0.01)
    assert sorted(asked) == sorted(CLOUD_SAMPLERS)


@pytest.mark.parametrize(
    "error", [subprocess.TimeoutExpired("x", 1), subprocess.CalledProcessError(1, "x"), ValueError()]
)
def test_a_process_that_fails_is_said_on_the_card(error):
    def fail(names):
        raise error

    looker = Looker(fail)
    looker.look()
    settled(looker)
    shown = text(sampler_card("dwave", looker.row("dwave"), False, None))
    assert "cannot be reached" in shown
    assert "Press Look again" in shown


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", sorted(CLOUD_SAMPLERS))
def test_every_state_of_a_service(name, state):
    shown = text(sampler_card(name, row(name, state), False, None))
    assert STATES[state] in shown
    assert "Why. Mend." in shown
    assert "How to get access" in shown
    assert f"boltzmann loopback {name}" in shown
    assert (f"/?sampler={name}" in shown) == (state in ("ready", "simulated_service"))


def test_a_card_says_what_a_sampler_can_do_and_where_its_service_is():
    access = {
        "endpoint": "http://127.0.0.1:9/", "simulated_service": True, "given": [{"name": "DWAVE_API_TOKEN", "where": ".env"}],
        "solvers": [{"name": "loopback_zephyr", "topology": "Zephyr(12)", "qubits": 4656, "queue": 0.01}], "chip": CHIP,
    }  # fmt: skip
    shown = text(sampler_card("dwave", row("dwave", "simulated_service", **access), False, None))
    for words in (
        "simulated service on this machine", "no real hardware answers there", "http://127.0.0.1:9/",
        "DWAVE_API_TOKEN (.env)", "loopback_zephyr", "4,656", "1%", "Zephyr(2), 159 qubits", "broken, in orange: 1 qubit.",
        "estimated from the samples", "other samples each time", "QPU access time", "−4 to 4", "chip.png?scheme=dark",
    ):  # fmt: skip
        assert words in shown, words
    assert "it takes none" in text(sampler_card("dynex", row("dynex"), False, None))


def report(page, config, name, sampler, **info):
    run_id = page.store.create(config.model_copy(update={"sampler": SAMPLER_CONFIGS[sampler]()}), name)
    page.store.append(run_id, [{"kind": "sampler", "step": 3, "seconds": 0.5, "info": {"clipped": 1}},
                               {"kind": "sampler", "step": 7, "seconds": 0.25, "info": info},
                               {"kind": "metrics", "step": 8}])  # fmt: skip
    return run_id


def test_the_last_calls_are_those_of_the_newest_run(page, config):
    report(page, config, "An older one", "simulated_qpu", clipped=9)
    time.sleep(1.1)  # identifiers are ordered by the second
    info = {"effective_inverse_temperature": 1.057, "effective_inverse_temperature_error": 0.044, "clipped": 3,
            "qpu_seconds": 0.1916, "chain_break_fraction": 0.015, "replay": True}  # fmt: skip
    run_id = report(page, config, "<b>Newest</b>", "simulated_qpu", **info)
    broken = page.store.create(config, "No report")
    (page.store.folder(broken) / "events.jsonl").write_text("no JSON\n")
    shown = visit(page)
    for words in ("1.06 ± 0.04", "250 ms", "192 ms", "1.5%", "<b>Newest</b>", f"/?run={run_id}", "step 7", "replay"):
        assert words in shown, words
    assert "An older one" not in shown


def test_a_report_far_from_the_end_is_found(page, config):
    run_id = report(page, config, "Long", "gibbs", clipped=4)
    page.store.append(run_id, [{"kind": "metrics", "step": step, "x": "y" * 1000} for step in range(300)])
    assert "Clipped coefficients" in visit(page)


def test_the_chip_is_drawn_for_either_scheme(page, rows):
    address = "/files/samplers/dwave/chip.png"
    assert page.get(address).status_code == 404
    rows["dwave"] = row("dwave", chip=CHIP)
    visit(page)
    until_done(page)
    pictures = [page.get(f"{address}?scheme={scheme}").data for scheme in ("light", "dark")]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert pictures[0] != pictures[1]
    for name in ("gibbs", "nonsense", "..%2f.."):
        assert page.get(f"/files/samplers/{name}/chip.png").status_code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_broken_stands_out(scheme):
    def orange(chip):
        pixels = np.asarray(Image.open(io.BytesIO(chip_picture(chip, scheme))).convert("RGB")).astype(int)
        return ((pixels[..., 0] - pixels[..., 2]) > 100).sum()

    perfect = chip_facts("", "zephyr", 2)
    assert orange(perfect) == 0
    assert orange(CHIP) > 20
    assert orange({**perfect, "missing_couplers": [[0, 80]]}) > 20


def test_numbers_that_no_qubit_has_are_not_drawn():
    chip = chip_facts("", "pegasus", 3)
    assert 0 not in graphs.topology("pegasus", 3)
    pixels = np.asarray(Image.open(io.BytesIO(chip_picture(chip, "light"))).convert("RGB"))
    assert (pixels[:20, :20] == 255).all()


def chosen(services, search):
    """Names and values of all settings that the Studio shows at this address."""
    widgets = [node for part in studio.layout(services, search) for node in part._traverse() if hasattr(node, "id")]
    fields = [node for node in widgets if isinstance(node.id, dict) and node.id["type"] in ("field", "flag")]
    return [node.id for node in fields], [getattr(node, "value", getattr(node, "checked", None)) for node in fields]


@pytest.mark.parametrize("name", [*SAMPLER_CONFIGS, "nonsense"])
def test_a_sampler_in_the_address_is_chosen_in_the_studio(settings, name):
    store = RunStore(settings.runs)
    services = Services(settings, Engine(settings), store, DrawingStore.beside(settings.runs), DEMO, Cache())
    config = validate(collect(*chosen(services, f"?sampler={name}")))
    assert config.sampler.name == (name if name in SAMPLER_CONFIGS else "gibbs")


def test_no_secret_reaches_the_page(page, rows, monkeypatch):
    monkeypatch.setenv("DWAVE_API_TOKEN", "DEV-very-secret")
    rows["dwave"] = row("dwave", given=[{"name": "DWAVE_API_TOKEN", "where": "environment"}])
    assert "DEV-very-secret" not in visit(page)
    shown = json.dumps(until_done(page))
    assert "DWAVE_API_TOKEN (environment)" in shown
    assert "DEV-very-secret" not in shown


def test_look_again(page):
    visit(page)
    until_done(page)
    answer = page.call("samplers-tick.disabled@", {"look-again.n_clicks": 1})
    assert answer["samplers-tick"]["disabled"] is False
    assert answer["samplers-tick-asked"]["data"] == 0
