"""The sections of a study whose errors are fitted by decays: what is seen before there is a fit, and what after."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.config import StudyConfig
from boltzmann.ui.components.parts import aria, error_card, icon
from boltzmann.ui.decay_figures import BANDS
from boltzmann.ui.decay_plots import Analysis, grid_of
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.heartbeat import heartbeat
from boltzmann.ui.study_figures import blank_figure, swatch

TICK = 1500
HIDDEN = {"display": "none"}

INTRODUCTION = (
    "The annealer is programmed with E / β and draws the machine's law where β is its own inverse temperature, which the "
    "schemes are not told: the dashed line."
)
LIKELIHOOD = (
    "A reconstruction goes up to the hidden units and back once. It can get sharper while the machine's law moves away from "
    "the data; the log-likelihood, which is exact wherever the smaller layer can be enumerated, then falls."
)


def decay_place(study: StudyConfig) -> list[Any]:
    """What the view of a study has below its finding; the heartbeat fills it. Nothing for a study that asks for no fits."""
    if study.analysis != "decay":
        return []
    place = [
        html.Div(id="decay-state", role="status"),
        html.Div(id="decay-body", className="stack"),
        dcc.Store(id="decay-seen"),
        *heartbeat("decay-tick", TICK),
    ]
    return [html.Div(place, className="stack", id="study-decay")]


def waiting(ended: int, total: int, made: Analysis | None) -> html.Section | None:
    """The way to a fit where none is under way: None where there is one of all runs that have ended.

    Args:
        ended: Runs of the study that have ended.
        total: All of them.
        made: The fit that is shown, or None.
    """
    if made is not None and made["ended"] >= ended:
        return None
    if made is None:
        words = "The error of each arm is fitted by K exp(−α i) + c over the epochs i, as soon as all runs have ended. "
        words += f"{ended:,} of {total:,} have so far." if ended else "None has so far."
    else:
        words = f"The fits below are made of {made['ended']:,} runs. By now {ended:,} of {total:,} have ended."
    button = dmc.Button(
        "Fit the decays" if made is None else "Fit again",
        id={"type": "decay-action", "name": "fit"},
        leftSection=icon("play"),
        variant="light",
        disabled=not ended,
    )
    return _card(
        "Decay of the error", html.Div([html.P(words, className="quiet decay-words"), button], className="spread")
    )


def under_way(progress: dict[str, Any]) -> html.Section:
    """How far the fits are, with a way to end them."""
    done, total = progress.get("done", 0), progress.get("total") or 1
    cancel = dmc.Button(
        "Cancel", id={"type": "decay-action", "name": "cancel"}, variant="subtle", color="red", size="xs"
    )
    words = progress.get("words") or "The decays wait for a worker"
    return _card(
        "Decay of the error",
        html.Div([html.Span(words, className="quiet numbers"), cancel], className="spread"),
        dmc.Progress(
            value=max(2, 100 * done / total), animated=True, size="sm", mt=10, **aria(label="Progress of the fits")
        ),
    )


def failed(error: dict[str, str]) -> dmc.Alert:
    """Why there is no fit, and the way to try again."""
    again = dmc.Button("Fit again", id={"type": "decay-action", "name": "fit"}, size="xs", variant="light")
    return error_card(error, again)


def decay_sections(study: StudyConfig, study_id: str, made: Analysis) -> list[Any]:
    """All sections of a fit; their figures come when they are asked for.

    Args:
        study: What was compared.
        study_id: Its identifier.
        made: See ``boltzmann.runs.study_decay.decay_of``.
    """
    return [
        _findings(study_id, made),
        _bar(study, made),
        *([_betas()] if any("beta" in group for group in made["groups"]) else []),
        _decays(study),
        _posterior(study),
        _limits(study),
        html.Section(
            [html.H2("The fits in numbers", className="title"), html.Div(id="decay-table")], className="card padded"
        ),
    ]


def _findings(study_id: str, made: Analysis) -> html.Section:
    source = html.A("Fits (JSON)", href=f"/files/studies/{study_id}/decay.json", download="", className="file")
    words = f"Made on {made['made'][:10]} of {made['ended']:,} runs, from epoch {made['first_epoch']} on."
    return html.Section(
        [
            html.Div([html.H2("What the decays say", className="title"), source], className="spread"),
            html.Ul([html.Li(sentence) for sentence in made["words"]], className="decay-findings"),
            html.P(words, className="quiet numbers decay-words"),
        ],
        className="card padded",
    )


def _bar(study: StudyConfig, made: Analysis) -> html.Section:
    grid, titles = grid_of(made), list(dict.fromkeys(group["panel"] for group in made["groups"]))
    betas, pauses = ([f"{value:g}" for value in sorted({pair[place] for pair in grid})] for place in (0, 1))
    panel = dmc.Select(id="decay-panel", data=titles, value=titles[0], allowDeselect=False, size="sm", w=280,
                       style=HIDDEN if grid or len(titles) == 1 else {}, **aria(label="Panel"))  # fmt: skip
    chips = [
        dmc.Chip(
            html.Span(arm.title, className="arm", style=swatch(place)), value=arm.title, size="xs", variant="outline"
        )
        for place, arm in enumerate(study.arms)
    ]
    return html.Section(
        [
            _choice("decay-hidden", "Hidden beta", betas),
            _choice("decay-pause", "Pause at", pauses),
            panel,
            html.Div(
                dmc.ChipGroup(chips, id="decay-arms", multiple=True, value=[arm.title for arm in study.arms]),
                className="row decay-chips",
                role="group",
                **aria(label="Arms that are drawn"),
            ),
        ],
        className="card decay-bar",
        **aria(label="What the decays are drawn of"),
    )


def _choice(name: str, label: str, values: list[str]) -> html.Div:
    # In the middle, where there is one: at the ends of the range little can be seen.
    control = dmc.SegmentedControl(id=name, data=values, value=values[len(values) // 2] if values else None, size="xs",
                                   **aria(label=label))  # fmt: skip
    return html.Div([html.Span(label, className="quiet"), control], className="row decay-choice",
                    style={} if len(values) > 1 else HIDDEN)  # fmt: skip


def _betas() -> html.Section:
    plots = (
        ("beta", "Beta that is set", 250),
        ("hardware", "Hardware beta, as estimated from the reads", 250),
        ("change", "Step of beta, by epoch", 250),
        ("energies", "Energies in the data (solid) and in the reads (dotted)", 250),
    )
    more = dmc.Anchor("How the schemes work", href="/learn/inverse-temperature", size="sm")
    return _card("Inverse temperature", html.P([INTRODUCTION, " ", more], className="quiet decay-words"), _plots(plots))


def _decays(study: StudyConfig) -> html.Section:
    bands = [dmc.Chip(words, value=name, size="xs", variant="outline") for name, words in BANDS.items()]
    controls = html.Div(
        [
            html.Div(
                dmc.ChipGroup(bands, id="decay-bands", multiple=True, value=["credible", "prediction"]),
                className="row decay-chips",
                role="group",
                **aria(label="Bands that are drawn"),
            ),
            dmc.Switch(id="decay-log", label="Log axis", checked=True),
        ],
        className="controls study-controls",
    )
    words = "Dots: means of the runs. Lines: posterior medians of K exp(−α i) + c, dashed where the fit was refused."
    return _card(
        "Decay of the error",
        html.P(words, className="quiet decay-words"),
        controls,
        _legend(study),
        _plot("decay", "", 380),
        _plots((("residuals", "Residuals", 200),)),
        html.H3("A sharper reconstruction is not yet a better model", className="title decay-between"),
        html.P(LIKELIHOOD, className="quiet decay-words"),
        _plots((("error", "Error of the reconstruction", 250), ("likelihood", "Log-likelihood of held-out rows", 250))),
    )


def _posterior(study: StudyConfig) -> html.Section:
    plots = (("alpha", "Rate α", 200), ("K", "Amplitude K", 200), ("c", "Error that is left, c", 200))
    centred = dmc.SegmentedControl(
        id="decay-centred",
        data=[{"value": "mode", "label": "Around each mode"}, {"value": "value", "label": "By value"}],
        value="mode",
        size="xs",
        mt=10,
        **aria(label="Horizontal axis of the densities"),
    )
    words = html.P(id="decay-left-out", className="quiet decay-words")
    densities = html.Div([centred, _legend(study), _plots(plots, " three")], id="decay-densities")
    return _card("Posterior", words, densities)


def _limits(study: StudyConfig) -> html.Section:
    words = (
        "Mark and thick line: mode and 95% interval of c from the posterior. Thin line: 95% interval over the runs, each "
        "fitted by itself. Hollow: c was refused, and the mark is the last measured error."
    )
    return _card(
        "The error that is left, c",
        html.P(words, className="quiet decay-words"),
        _legend(study),
        _plot("limits", "", 340),
        html.Div(id="decay-refused"),
    )


def _legend(study: StudyConfig) -> html.Ul:
    """The colours of the arms, where the bar with their names does not stay in sight."""
    arms = [html.Li(arm.title, style=swatch(place)) for place, arm in enumerate(study.arms)]
    return html.Ul(arms, className="arms decay-legend", **aria(hidden="true"))


def _plots(plots: tuple[tuple[str, str, int], ...], more: str = "") -> html.Div:
    return html.Div([_plot(*plot) for plot in plots], className=f"study-plots{more}")


def _plot(name: str, title: str, height: int) -> html.Div:
    empty: Any = blank_figure()
    graph = dcc.Graph(id={"type": "decay-plot", "name": name}, figure=empty, config=CONFIG, style={"height": height})
    head = [html.H3(title, className="title")] if title else []
    return html.Div([*head, graph], role="group", **aria(label=title or "Fitted decays"))


def _card(title: str, *children: Any) -> html.Section:
    return html.Section([html.H2(title, className="title"), *children], className="card padded")
