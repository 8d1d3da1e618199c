"""What stands above the fitted decays of a study: the way to a fit, how far it is, why there is none."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.config import StudyConfig
from boltzmann.runs.studies import StudyStatus
from boltzmann.ui.components.parts import aria, error_card, icon
from boltzmann.ui.decay_plots import Analysis
from boltzmann.ui.heartbeat import heartbeat
from boltzmann.ui.presses import presses

TICK = 1500
TITLE = "Decay of the error"


def decay_place(study: StudyConfig) -> list[Any]:
    """What the view of a study has below its finding; the heartbeat fills it. Nothing for a study that asks for no fits."""
    if study.analysis != "decay":
        return []
    place = [
        # Read aloud when it changes: not the bar beside it, which moves all the time.
        html.P(id="decay-said", role="status", className="unseen"),
        html.Div(id="decay-state"),
        html.Div(id="decay-body", className="stack"),
        dcc.Store(id="decay-seen"),
        dcc.Store(id="decay-told"),
        *heartbeat("decay-tick", TICK),
        *presses("decay-pressed"),
    ]
    return [html.Div(place, className="stack", id="study-decay")]


def waiting(
    status: StudyStatus, made: Analysis | None, current: bool, cancelled: bool
) -> tuple[str, html.Section] | None:
    """The way to a fit where none is under way, and what it says: None where there is one of all that has been measured.

    Args:
        status: How the study is doing.
        made: The fit that is shown, or None.
        current: Whether that is of all finished runs, as far as they have come.
        cancelled: Whether a later one was begun and cancelled.
    """
    if made is not None and current:
        return None
    counts = [f"{status.finished:,} of {status.total:,} runs have finished"]
    counts += [f"{status.failed:,} failed"] if status.failed else []
    left = status.total - status.finished - status.failed
    counts += [f"{left:,} {'are still to come' if status.active else 'were stopped'}"] if left else []
    far = ", ".join(counts) + "."
    if made is not None:
        words = (
            f"The fits below are made of {made['ended']:,} runs, which is not all that has been measured since: {far}"
        )
    elif cancelled:
        words = f"Fitting the decays was cancelled: there is no fit. {far}"
    elif status.active:
        words = f"The error of each arm is fitted by K exp(−α i) + c over the epochs i, as soon as all runs have ended. {far}"
    elif not status.finished:
        words = f"There is nothing to fit: {far} Resume the study, or look at why its runs failed."
    else:
        words = f"The error of each arm is to be fitted by K exp(−α i) + c over the epochs i. {far}"
    button = dmc.Button(
        "Fit the decays" if made is None else "Fit again",
        id={"type": "decay-action", "name": "fit"},
        leftSection=icon("play"),
        variant="light",
        disabled=not status.finished,
    )
    return words, card(TITLE, html.Div([html.P(words, className="quiet decay-words"), button], className="spread"))


def unfitted() -> tuple[str, html.Section]:
    """A shipped study without fits that can be read, and what is said of it."""
    words = (
        "This study came without fits of its decays, or with those of another release of the app. Run it again: its decays "
        "are fitted when all runs have ended."
    )
    return words, card(TITLE, html.P(words, className="quiet decay-words"))


def under_way(progress: dict[str, Any]) -> html.Section:
    """How far the fits are, with a way to end them."""
    done, total = progress.get("done", 0), progress.get("total") or 1
    cancel = dmc.Button(
        "Cancel", id={"type": "decay-action", "name": "cancel"}, variant="subtle", color="red", size="xs"
    )
    words = progress.get("words") or "The decays wait for a worker"
    return card(
        TITLE,
        html.Div([html.Span(words, className="quiet numbers"), cancel], className="spread"),
        dmc.Progress(
            value=max(2, 100 * done / total), animated=True, size="sm", mt=10, **aria(label="Progress of the fits")
        ),
    )


def failed(error: dict[str, str]) -> dmc.Alert:
    """Why there is no fit, and the way to try again."""
    again = dmc.Button("Fit again", id={"type": "decay-action", "name": "fit"}, size="xs", variant="light")
    return error_card(error, again)


def card(title: str, *children: Any) -> html.Section:
    return html.Section([html.H2(title, className="title"), *children], className="card padded")
