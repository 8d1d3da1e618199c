"""What the page of comparisons does for a study of decays: have them fitted, follow that, draw what came of it."""

from __future__ import annotations

import time
from calendar import timegm
from typing import Any, NamedTuple

from dash import ALL, Dash, Input, Output, State, ctx, no_update

from boltzmann.runs.decay_ratios import compared
from boltzmann.runs.files import StoreError
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyMember
from boltzmann.runs.study_decay import decay_of, is_current, wants_decay
from boltzmann.runs.study_status import status_of
from boltzmann.ui.components import decay_state as view
from boltzmann.ui.components.decay_ends import ends_table
from boltzmann.ui.components.decay_table import decay_table, notes, over_pauses, refusals
from boltzmann.ui.components.parts import error_card, notification
from boltzmann.ui.components.study_decay import decay_sections
from boltzmann.ui.decay_figures import BANDS, quoted
from boltzmann.ui.decay_plots import Choice, beside_of, decay_plot, groups_of, left_out, panel_of
from boltzmann.ui.heartbeat import answered, asked, asked_output, register_heartbeat
from boltzmann.ui.presses import pressed, register_presses
from boltzmann.ui.services import Services

EMPTY = {"visibility": "hidden", "height": 0, "overflow": "hidden"}
"""As wide as when it is seen, so that what is drawn there has its width."""
CONTROLS = ("hidden", "pause", "panel", "arms", "bands", "compared")


def register(app: Dash, services: Services) -> None:
    """Callbacks of the sections that :mod:`boltzmann.ui.components.study_decay` makes."""
    engine, studies = services.engine, services.engine.studies

    @app.callback(
        Output("decay-state", "children"),
        Output("decay-said", "children"),
        Output("decay-told", "data"),
        Output("decay-body", "children"),
        Output("decay-seen", "data"),
        Output("decay-tick", "disabled"),
        answered("decay-tick"),
        asked("decay-tick"),
        Input("study", "data"),
        State("decay-seen", "data"),
        State("decay-told", "data"),
    )
    def look(question: Any, study_id: Any, seen: Any, told: Any) -> Any:
        try:
            study, members, made = studies.config(study_id), studies.statuses(study_id), decay_of(studies, study_id)
            state = _state(services, study_id, members, made)
        except StoreError as error:
            card = error_card({"title": "No decays", "cause": str(error), "mend": "Go back to the list."})
            return card, "", None, no_update, no_update, True, question
        shipped = studies.is_shipped(study_id)
        # A study that is not finished may be resumed, by another viewer, too.
        idle = shipped or (not state.active and all(run and run.state == "finished" for _, run in members))
        tell = [study_id, state.key]
        above = [no_update] * 3 if tell == told else [state.children, state.said, tell]
        stamp = [study_id, made["made"] if made else None]
        if stamp == seen:
            return *above, no_update, no_update, idle, question
        body = decay_sections(study, study_id, made, own=not shipped) if made else None
        return *above, body, stamp, idle, question

    register_heartbeat(app, "decay-tick")
    register_presses(app, "decay-pressed", {"type": "decay-action", "name": ALL})

    @app.callback(
        asked_output("decay-tick", again=True),
        Output("decay-tick", "disabled", allow_duplicate=True),
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input("decay-pressed", "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def act(press: Any, study_id: Any) -> Any:
        name = pressed(press, "name")
        if name is None:
            return (no_update,) * 3
        try:
            match name:
                case "fit" | "again":
                    engine.analyse(study_id)
                case "cancel" if under_way := engine.analyses.under_way(study_id):
                    engine.cancel(under_way)
        except StoreError as error:
            return no_update, no_update, [notification("That was not possible", str(error), "red")]
        return 0, False, no_update

    @app.callback(
        Output({"type": "decay-plot", "name": ALL}, "figure"),
        Output("decay-left-out", "children"),
        Output("decay-densities", "style"),
        Output("decay-refused", "children"),
        Output("decay-table", "children"),
        Output("decay-over-pauses", "children"),
        Output("decay-notes", "children"),
        Output("decay-ends", "children"),
        State("study", "data"),
        Input("decay-seen", "data"),
        Input("colour-scheme", "data"),
        Input("decay-log", "checked"),
        Input("decay-centred", "value"),
        *[Input(f"decay-{name}", "value") for name in CONTROLS],
        prevent_initial_call=True,
    )
    def draw(study_id: Any, _: Any, scheme: Any, log: Any, centred: Any, *controls: Any) -> Any:
        names = [item["id"]["name"] for item in ctx.outputs_list[0]]
        beta, pause, panel, arms, bands, of = controls
        try:
            made, order = decay_of(studies, study_id), [arm.title for arm in studies.config(study_id).arms]
        except StoreError:
            made, order = None, []
        if not made or not made["groups"]:
            return [no_update] * len(names), *(no_update,) * 7
        title = panel_of(made, beta, pause, panel)
        shown, bands = _known(arms, order), _known(bands, list(BANDS))
        choice = Choice(study_id, title, order, shown, bands, bool(log), centred != "value", scheme)
        groups = groups_of(made, title, shown)
        of = of if isinstance(of, str) and of in order else order[0]
        ratios = [item for arm in shown for item in compared(made["ratios"], arm) if item["arm"] == of]
        finals = [item for item in made["final_ratios"] if item["over"] == of and item["arm"] in shown]
        here = ({item["of"]: item for item in ratios if item["panel"] == title},
                {item["arm"]: item for item in finals if item["panel"] == title})  # fmt: skip
        return (
            [decay_plot(name, made, choice) for name in names],
            left_out(groups),
            {} if any(quoted(group) for group in groups.values()) else EMPTY,
            refusals(beside_of(made, title, shown, titles=True), order),
            decay_table(groups, *here, order, of),
            over_pauses(ratios, finals, title),
            notes(groups, order),
            ends_table(groups, order),
        )


def _known(wanted: Any, names: list[str]) -> list[str]:
    return [name for name in names if isinstance(wanted, list) and name in wanted]


class _State(NamedTuple):
    """What stands above the sections; ``said`` is read aloud, ``key`` differs where something else is seen."""

    children: list[Any]
    said: str = ""
    key: str = ""
    active: bool = False


def _state(
    services: Services, study_id: str, members: list[tuple[StudyMember, Status | None]], made: view.Analysis | None
) -> _State:
    """Begins the fits when all runs have ended."""
    engine, analyses = services.engine, services.engine.analyses
    if engine.studies.is_shipped(study_id):
        words, card = view.unfitted()
        return _State([card], words, "unfitted") if made is None else _State([])
    under_way, last = analyses.under_way(study_id), analyses.last(study_id)
    ended = analyses.status(last) if last else None
    if ended and ended.heartbeat < _latest(members, made):
        ended = None  # it says nothing of the fit, or of the runs, that came after it
    stopped = ended.state if ended and ended.state in ("failed", "cancelled") else ""
    status = status_of([run for _, run in members])
    # What failed or was cancelled once is tried again by a click only.
    if under_way is None and not stopped and not status.active and wants_decay(engine.studies, study_id):
        under_way = engine.analyse(study_id)
    if under_way is not None:
        error = [error_card(engine.error)] if engine.error else []
        progress = analyses.progress(under_way)
        key = f"{progress} {engine.error}"
        return _State([*error, view.under_way(progress)], "The decays are being fitted.", key, active=True)
    if ended and stopped == "failed" and ended.error:
        said = f"{ended.error.get('title')}: {ended.error.get('cause')}"
        return _State([view.failed(ended.error)], said, said)
    way = view.waiting(status, made, is_current(made, members), stopped == "cancelled")
    if way is None:
        return _State([], "The decays are fitted.", f"{made and made['made']}")
    # Each run that ends changes the words: who listens hears of the fits only.
    return _State([way[1]], "The decays are not fitted, or not all of them.", way[0])


def _latest(members: list[tuple[StudyMember, Status | None]], made: view.Analysis | None) -> float:
    """When what is known last changed, Unix time: the last fit was made, or the last run finished."""
    ends = [run.heartbeat for _, run in members if run and run.state == "finished"]
    # The fit's own time is cut to seconds.
    fitted = timegm(time.strptime(made["made"], "%Y-%m-%dT%H:%M:%SZ")) if made else 0.0
    return max([fitted, *ends])
