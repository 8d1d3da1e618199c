"""What the page of comparisons does for a study of decays: have them fitted, follow that, draw what came of it."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update

from boltzmann.runs.files import StoreError
from boltzmann.runs.studies import StudyStatus
from boltzmann.runs.study_decay import decay_of, wants_decay
from boltzmann.ui.components import study_decay as view
from boltzmann.ui.components.decay_table import decay_table, ratios_over_pauses, refusals
from boltzmann.ui.components.parts import error_card, notification
from boltzmann.ui.decay_figures import BANDS, quoted
from boltzmann.ui.decay_plots import Choice, beside_of, decay_plot, groups_of, left_out, panel_of
from boltzmann.ui.heartbeat import answered, asked, asked_output, register_heartbeat
from boltzmann.ui.services import Services

EMPTY = {"visibility": "hidden", "height": 0, "overflow": "hidden"}
"""As wide as when it is seen, so that what is drawn there has its width."""
CONTROLS = ("hidden", "pause", "panel", "arms", "bands")


def register(app: Dash, services: Services) -> None:
    """Callbacks of the sections that :mod:`boltzmann.ui.components.study_decay` makes."""
    engine, studies = services.engine, services.engine.studies

    @app.callback(
        Output("decay-state", "children"),
        Output("decay-body", "children"),
        Output("decay-seen", "data"),
        Output("decay-tick", "disabled"),
        answered("decay-tick"),
        asked("decay-tick"),
        Input("study", "data"),
        State("decay-seen", "data"),
    )
    def look(question: Any, study_id: Any, seen: Any) -> Any:
        try:
            study, status, made = studies.config(study_id), studies.status(study_id), decay_of(studies, study_id)
            children, active = _state(services, study_id, status, made)
        except StoreError as error:
            card = error_card({"title": "No decays", "cause": str(error), "mend": "Go back to the list."})
            return card, no_update, no_update, True, question
        # A study that is not finished may be resumed, by another viewer, too.
        idle = not active and status.finished == status.total
        stamp = [study_id, made["made"] if made else None]
        if stamp == seen:
            return children, no_update, no_update, idle, question
        body = view.decay_sections(study, study_id, made) if made else None
        return children, body, stamp, idle, question

    register_heartbeat(app, "decay-tick")

    @app.callback(
        asked_output("decay-tick", again=True),
        Output("decay-tick", "disabled", allow_duplicate=True),
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input({"type": "decay-action", "name": ALL}, "n_clicks"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def act(clicks: Any, study_id: Any) -> Any:
        if not any(clicks or []) or not isinstance(ctx.triggered_id, dict):
            return (no_update,) * 3
        try:
            match ctx.triggered_id["name"]:
                case "fit":
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
        beta, pause, panel, arms, bands = controls
        try:
            made, order = decay_of(studies, study_id), [arm.title for arm in studies.config(study_id).arms]
        except StoreError:
            made, order = None, []
        if not made or not made["groups"]:
            return [no_update] * len(names), *(no_update,) * 4
        title = panel_of(made, beta, pause, panel)
        shown, bands = _known(arms, order), _known(bands, list(BANDS))
        choice = Choice(study_id, title, order, shown, bands, bool(log), centred != "value", scheme)
        groups = groups_of(made, title, shown)
        ratios = {item["arm"]: item for item in made["ratios"] if item["panel"] == title}
        return (
            [decay_plot(name, made, choice) for name in names],
            left_out(groups),
            {} if any(quoted(group) for group in groups.values()) else EMPTY,
            [
                ratios_over_pauses([item for item in made["ratios"] if item["arm"] in shown], title),
                refusals(beside_of(made, title, shown, titles=True), order),
            ],
            decay_table(groups, ratios, order),
        )


def _known(wanted: Any, names: list[str]) -> list[str]:
    return [name for name in names if isinstance(wanted, list) and name in wanted]


def _state(
    services: Services, study_id: str, status: StudyStatus, made: view.Analysis | None
) -> tuple[list[Any], bool]:
    """What stands above the sections, and whether fits are under way; begins them when all runs have ended."""
    engine, analyses = services.engine, services.engine.analyses
    under_way, last = analyses.under_way(study_id), analyses.last(study_id)
    ended = analyses.status(last) if last else None
    # What failed or was cancelled once is tried again by a click only.
    if under_way is None and not (ended and ended.state in ("failed", "cancelled")):
        under_way = engine.analyse(study_id) if wants_decay(engine.studies, study_id) else None
    if under_way is not None:
        error = [error_card(engine.error)] if engine.error else []
        return [*error, view.under_way(analyses.progress(under_way))], True
    if ended and ended.state == "failed" and ended.error:
        return [view.failed(ended.error)], False
    if engine.studies.is_shipped(study_id):
        return [], False
    way = view.waiting(status.finished, status.total, made)
    return [way] if way else [], False
