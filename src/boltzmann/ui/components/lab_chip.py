"""A machine of the lab on its simulated chip: which qubits stand for which unit, one chain shown at a time."""

from __future__ import annotations

import threading
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update

from boltzmann.config import RBMConfig, SimulatedQPUConfig, visible_units
from boltzmann.runs.chip_layouts import chip_layout
from boltzmann.runs.files import StoreError
from boltzmann.runs.sampler_words import is_number
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import aria, facts, help_mark
from boltzmann.ui.components.setting_words import choice_words
from boltzmann.ui.embedding_figure import Layout, embedding_figure, unit_names
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.heartbeat import answered, asked, heartbeat, register_heartbeat
from boltzmann.ui.services import Services

TICK = 2000
"""Milliseconds between looks at the share of broken chains."""
PATIENCE = 180.0
"""Seconds to wait for a placement: longer than the search itself goes on, so that its own answer is heard. One that is given
up costs the worker, which is restarted then."""
REST = 600
"""Seconds in which a search that had no answer is not begun again."""


def embedded(config: RBMConfig | None) -> str:
    """The topology of the chip that a run's machine is embedded in; "" for none."""
    sampler = config.sampler if config and config.asks_sampler else None
    on_chip = isinstance(sampler, SimulatedQPUConfig) and sampler.embedding != "none"
    return sampler.embedding if on_chip else ""  # type: ignore[union-attr]


def chip_panel(config: RBMConfig) -> html.Section:
    """The panel of a run whose machine is embedded; a place is found while one looks."""
    what = (
        "A chip couples each qubit to a few others only, the machine each visible unit to every hidden one. So a unit is a "
        "chain of qubits, held together by strong couplers, and has the value of their majority. minorminer finds the "
        "chains, the same ones for all runs of such a machine. Hover or click a qubit to see its chain."
    )
    waiting = f"Placing the machine on {choice_words(embedded(config), 'embedding')}: some seconds the first time."
    return html.Section(
        [
            *heartbeat("lab-chip-tick", TICK),
            html.Div(
                [learn_title("On the chip", "annealers-as-samplers"), help_mark(f"On the chip. {what}", what)],
                className="row",
            ),
            html.P(waiting, id="lab-chip-waiting", className="quiet", role="status"),
            html.Div(
                [
                    html.Div(id="lab-chip-facts"),
                    html.Div(
                        dcc.Graph(id="lab-chip", figure={}, config=CONFIG, style={"height": 460}),
                        role="group",
                        **aria(label="Qubits in use, in the colours of visible and hidden units"),
                    ),
                    html.Div(
                        [
                            dmc.Select(
                                id="lab-chip-unit",
                                placeholder="Choose a unit",
                                data=[],
                                searchable=True,
                                clearable=True,
                                limit=100,
                                size="sm",
                                w=180,
                                **aria(label="Unit whose chain is shown"),
                            ),
                            html.Span(id="lab-chip-words", className="numbers chip-words", **aria(live="polite")),
                        ],
                        className="row",
                    ),
                ],
                id="lab-chip-shown",
                className="stack",
                style={"display": "none"},
            ),
        ],
        className="card padded lab-chip",
        **aria(label="On the chip"),
    )


class Placing:
    """Searches under way: a request that waited for one would keep the browser's other questions waiting as well."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._under_way: set[str] = set()
        self._ended: dict[str, Layout | StoreError] = {}
        self._lock = threading.Lock()

    def layout(self, visible: int, hidden: int, topology: str) -> Layout | None:
        """What :func:`chip_layout` answers; None while the worker searches, which the first call begins. A search without
        an answer is an answer, too, for :data:`REST` seconds: else each page would keep the worker busy with it.

        Raises:
            StoreError: the worker is still starting. The next call asks again.
        """
        key, cache = f"chip layout {visible} {hidden} {topology}", self._services.cache
        found = cache.get(key)
        if found is not None:
            return found
        with self._lock:
            ended = self._ended.pop(key, None)
            if ended is None and key not in self._under_way:
                self._under_way.add(key)
                asked = (key, visible, hidden, topology)
                threading.Thread(target=self._ask, args=asked, name=key, daemon=True).start()
        if isinstance(ended, StoreError):
            raise ended
        if ended is not None:
            cache.set(key, ended, timeout=REST if "late" in ended else None)
        return ended

    def _ask(self, key: str, *asked: Any) -> None:
        engine = self._services.engine
        starting = not engine.ready
        try:
            ended = engine.ask(chip_layout, *asked, timeout=PATIENCE)
        except StoreError as error:
            ended = error if starting else {"late": str(error)}
        with self._lock:
            self._ended[key] = ended
            self._under_way.discard(key)


def register(app: Dash, services: Services) -> None:
    """The picture, once it is there, its facts while the run goes on, and the chain that a person chooses."""
    placing = Placing(services)

    @app.callback(
        Output("lab-chip", "figure"),
        Output("lab-chip-unit", "data"),
        Output("lab-chip-facts", "children"),
        Output("lab-chip-waiting", "children"),
        Output("lab-chip-shown", "style"),
        Output("lab-chip-tick", "disabled"),
        answered("lab-chip-tick"),
        asked("lab-chip-tick"),
        Input("colour-scheme", "data"),
        State("lab-run-id", "data"),
        State("lab-chip-unit", "data"),
        State("lab-stream", "data"),
        prevent_initial_call=True,
    )
    def show(question: Any, scheme: Any, run_id: Any, listed: Any, stream: Any) -> Any:
        as_it_is = [no_update] * 3
        try:
            layout, active = _layout(services, placing, run_id), services.store.status(run_id).active
        except StoreError as error:
            return *as_it_is, f"There is no picture yet: {error}.", no_update, False, question
        if layout is None:
            return *as_it_is, no_update, no_update, False, question
        if why := layout.get("why") or _late(layout):
            return *as_it_is, f"{why}.", no_update, True, question
        names = unit_names(layout["visible"], int(layout["units"].max()) + 1)
        return (
            no_update if listed and ctx.triggered_id != "colour-scheme" else embedding_figure(layout, scheme),
            no_update if listed else [{"value": str(unit), "label": name} for unit, name in enumerate(names)],
            _facts(layout, _broken(stream)),
            "",
            {},
            not active,
            question,
        )

    register_heartbeat(app, "lab-chip-tick")
    app.clientside_callback(
        ClientsideFunction("studio", "showChain"),
        Output("lab-chip-words", "children"),
        Input("lab-chip", "hoverData"),
        Input("lab-chip", "clickData"),
        Input("lab-chip-unit", "value"),
        Input("lab-chip", "figure"),
        prevent_initial_call=True,
    )


def _late(layout: Layout) -> str:
    late = layout.get("late")
    return f"There is no picture: {late}. Here the search is begun again in {REST // 60} minutes" if late else ""


def _layout(services: Services, placing: Placing, run_id: Any) -> Layout | None:
    """Where the run's machine is; None while that is searched for."""
    config = services.store.rbm_config(run_id)
    topology = embedded(config)
    if not topology:
        raise StoreError("this machine is on no chip of other couplers than its own")
    return placing.layout(_visible(services, run_id, config), config.model.hidden, topology)


def _visible(services: Services, run_id: str, config: RBMConfig) -> int:
    """Visible units; where a table decides, as training said when it began."""
    known = visible_units(config)
    if known is not None:
        return known
    for event in services.store.read_events(run_id, limit=10)[0]:
        told = (event.get("facts") or {}).get("visible")
        if isinstance(told, int):
            return told
    raise StoreError("training has not read the table yet")


def _broken(stream: Any) -> float | None:
    """The last measured share of broken chains, as the page's stream remembers it."""
    latest = stream.get("latest") if isinstance(stream, dict) else None
    value = latest.get("chain_breaks") if isinstance(latest, dict) else None
    return value if is_number(value) else None


def _facts(layout: Layout, broken: float | None) -> Any:
    lengths = np.bincount(layout["units"])
    pairs = [
        ("Chip", f"{layout['topology'].capitalize()}({layout['size']}), perfect, in software"),
        ("Units", f"{layout['visible']:,} visible, {len(lengths) - layout['visible']:,} hidden"),
        ("Qubits in use", f"{len(layout['nodes']):,}"),
        ("Couplers in use", f"{len(layout['edges']):,}"),
        ("Longest chain", f"{lengths.max():,} qubits"),
    ]
    return facts(pairs + ([("Broken chains", f"{broken:.1%}")] if broken is not None else []))
