"""What the page of comparisons does while a study is seen: follow it, draw it, stop, resume, delete with undo."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from zlib import crc32

import dash_mantine_components as dmc
from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update, set_props

from boltzmann.config import StudyConfig
from boltzmann.runs.files import StoreError
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyMember
from boltzmann.runs.study_costs import left_words
from boltzmann.runs.study_references import references
from boltzmann.runs.study_results import bands, table
from boltzmann.runs.study_status import status_of
from boltzmann.runs.study_words import FIGURES, verdict
from boltzmann.ui.components.parts import error_card, notification
from boltzmann.ui.components.study_fairness import horizontal
from boltzmann.ui.components.study_start import again
from boltzmann.ui.components.study_table import figures_table
from boltzmann.ui.components.study_view import (
    actions,
    figure_choices,
    members_list,
    plot_cards,
    progress,
    verdict_card,
)
from boltzmann.ui.heartbeat import answered, asked, asked_output, register_heartbeat
from boltzmann.ui.presses import pressed, register_presses
from boltzmann.ui.services import Services
from boltzmann.ui.study_figures import study_figure, thinned_arms

PLOT = {"type": "study-plot", "panel": ALL}


def register(app: Dash, services: Services) -> None:
    """Callbacks of a study's view, and of the list of studies."""
    engine = services.engine
    studies = services.engine.studies

    @app.callback(
        Output("study-progress", "children"),
        Output("study-actions", "children"),
        Output("study-verdict", "children"),
        Output("study-table", "children"),
        Output("study-members", "children"),
        Output("study-points", "children"),
        Output("study-figure", "data"),
        Output(PLOT, "figure"),
        Output("study-seen", "data"),
        Output("study-tick", "disabled"),
        answered("study-tick"),
        asked("study-tick"),
        Input("study", "data"),
        Input("study-figure", "value"),
        Input("study-x", "value"),
        Input("study-log", "checked"),
        Input("study-plots", "children"),
        Input("colour-scheme", "data"),
        Input("study-members-fold", "n_clicks"),
        State("study-seen", "data"),
    )
    def look(
        question: Any, study_id: Any, figure: Any, x: Any, log: Any, _: Any, scheme: Any, fold: Any, seen: Any
    ) -> Any:
        plots = [item["id"]["panel"] for item in ctx.outputs_list[7]]
        nothing = [no_update] * len(plots)
        try:
            study, members = studies.config(study_id), studies.statuses(study_id)
        except StoreError as error:
            card = error_card(
                {"title": "There is nothing to show", "cause": str(error), "mend": "Go back to the list."}
            )
            return card, *[no_update] * 6, nothing, no_update, True, question
        status, shipped = status_of([run for _, run in members]), studies.is_shipped(study_id)
        figure = _one_of(figure, FIGURES, study.figure if study.figure in FIGURES else "kl")
        # A study that is not finished may be resumed by another viewer.
        idle = shipped or status.finished == status.total
        axes = horizontal(study)
        x = _one_of(x, axes, "step")
        stamp = [study_id, figure, status.as_dict()]
        view = [stamp, x, bool(log), scheme, plots, _listed(members, fold)]
        old = seen if isinstance(seen, list) and len(seen) == len(view) else [None] * len(view)
        # A thousand links: for whoever has them before their eyes, and where one says something else.
        listing = no_update if view[-1] in (None, old[-1]) else members_list(members, shipped)
        if view[:-1] == old[:-1]:
            rest = [nothing, no_update if view == old else view, idle, question]
            return *[no_update] * 4, listing, *[no_update] * 2, *rest
        curves = bands(studies, study_id, figure)
        known = references(study) if figure == "kl" else {}
        ends: dict[str, float] = {}
        for member, run in members:
            ends[member.panel] = max(ends.get(member.panel, 0), run.total_steps if run else 0)
        drawn = [
            study_figure(
                thinned_arms(curves.get(panel, {})),
                [arm.title for arm in study.arms],
                x=x,
                x_title=axes[x],
                y_title=FIGURES[figure].unit,
                log=bool(log),
                scheme=scheme,
                revision=f"{study_id} {figure} {x} {bool(log)}",
                end=ends.get(panel) if x == "step" else None,
                references={arm: value for (place, arm), value in known.items() if place == panel},
            )
            for panel in plots
        ]
        if old[0] == stamp:
            return *[no_update] * 4, listing, *[no_update] * 2, drawn, view, idle, question
        rows = table(studies, study_id, figure)
        found = [verdict(panel, arms, figure, study.seeds, curves[panel]) for panel, arms in rows.items()]
        error = [error_card(engine.error)] if engine.error and status.active else []
        return (
            [*error, *progress(status, left_words(studies, study_id) if status.active else "")],
            again(study_id, study) if shipped else actions(status),
            verdict_card(found, study.arms[0].title, figure),
            figures_table(rows, figure, known, study.seeds),
            listing,
            _points(study, curves, plots, figure, {panel for panel, _ in known}),
            figure_choices([figure, *(name for arms in rows.values() for row in arms for name in row["figures"])]),
            drawn,
            view,
            idle,
            question,
        )

    register_heartbeat(app, "study-tick")
    register_presses(app, "study-pressed", {"type": "study-action", "name": ALL})
    register_presses(app, "study-deleted", {"type": "study-delete", "study": ALL})
    register_presses(app, "study-undone", {"type": "study-undo", "study": ALL})

    @app.callback(
        Output("study-plots", "children"),
        Output("study-seen", "data", allow_duplicate=True),  # new places are empty: everything is drawn anew
        Input("study-shown", "value"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def choose(shown: Any, study_id: Any) -> Any:
        titles = [panel.title for panel in studies.config(study_id).panels]
        wanted = [title for title in titles if isinstance(shown, list) and title in shown]
        return plot_cards(wanted, len(titles) == 1), None

    @app.callback(
        asked_output("study-tick", again=True),
        Output("study-tick", "disabled", allow_duplicate=True),
        Output("study-undo", "children"),
        Output("notifications", "sendNotifications", allow_duplicate=True),
        Input("study-pressed", "data"),
        State("study", "data"),
        prevent_initial_call=True,
    )
    def act(press: Any, study_id: Any) -> Any:
        name = pressed(press, "name")
        if name is None:
            return (no_update,) * 4
        try:
            match name:
                case "stop":
                    engine.stop_study(study_id)
                case "resume":
                    engine.resume_study(study_id)
                case "delete":
                    undo = _delete(services, study_id)
                    set_props("url", {"search": ""})
                    return no_update, True, undo, no_update
        except StoreError as error:
            return no_update, no_update, no_update, [notification("That was not possible", str(error), "red")]
        return 0, False, None, no_update

    @app.callback(
        Output("study-changes", "data"),
        Output("study-undo", "children", allow_duplicate=True),
        Input("study-deleted", "data"),
        Input("study-undone", "data"),
        State("study-changes", "data"),
        prevent_initial_call=True,
    )
    def delete_or_undo(deleted: Any, undone: Any, changes: Any) -> Any:
        deletes = ctx.triggered_id == "study-deleted"
        study_id, undo = pressed(deleted if deletes else undone, "study"), None
        if study_id is None:
            return no_update, no_update
        if deletes:
            undo = _delete(services, study_id)
        else:
            studies.restore(study_id)
            engine.analyses.forget(study_id)  # what its deletion ended is no answer to what it is now
        return (changes if isinstance(changes, int) else 0) + 1, undo

    app.clientside_callback(
        ClientsideFunction("studio", "pageLink"), Output("study-link", "value"), Input("url", "href")
    )


def _delete(services: Services, study_id: str) -> Any:
    studies = services.engine.studies
    name = studies.name(study_id)
    studies.delete(study_id)
    undo = dmc.Button("Undo", id={"type": "study-undo", "study": study_id}, size="compact-sm", variant="light")
    return html.Div(
        [html.Span(f"Deleted: {name}", style={"overflowWrap": "anywhere"}), undo], className="card snackbar"
    )


def _one_of(value: Any, names: Collection[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in names else otherwise


def _listed(members: list[tuple[StudyMember, Status | None]], clicks: Any) -> int | None:
    """What the list of runs says, as a checksum; None where it is folded, as it is before a first click."""
    if not isinstance(clicks, int) or clicks % 2 == 0:
        return None
    return crc32(",".join(status.state if status else "deleted" for _, status in members).encode())


def _points(study: StudyConfig, curves: dict[str, Any], plots: list[str], figure: str, referred: set[str]) -> str:
    """How many seeds stand behind the curves, and what the diamonds beside them are."""
    counts = {count for panel in plots for arm in curves.get(panel, {}).values() for count in arm["count"]}
    if not counts:
        return "No figure of this kind has been measured yet."
    least, most = min(counts), max(counts)
    behind = f"{most}" if least == most else f"{least} to {most}"
    better = "lower" if FIGURES[figure].lower else "higher"
    words = f"{better} is better · median and range of {behind} of {study.seeds} seeds at each point"
    return f"{words} · ◇ reference and its range, as in the table" if referred & set(plots) else words
