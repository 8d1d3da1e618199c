"""The sections of a study whose errors are fitted by decays, once there is a fit."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.config import StudyConfig
from boltzmann.ui.components.decay_state import TITLE, card
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import aria
from boltzmann.ui.decay_figures import BANDS
from boltzmann.ui.decay_plots import Analysis, grid_of
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.study_figures import blank_figure, swatch

HIDDEN = {"display": "none"}

INTRODUCTION = (
    "The annealer is programmed with E / β and draws the machine's law where β is its own inverse temperature, which the "
    "schemes are not told: the dashed line."
)
LIKELIHOOD = (
    "A reconstruction goes up to the hidden units and back once. It can get sharper while the machine's law moves away from "
    "the data; the log-likelihood, which is exact wherever the smaller layer can be enumerated, then falls."
)


def decay_sections(study: StudyConfig, study_id: str, made: Analysis, own: bool = True) -> list[Any]:
    """All sections of a fit; their figures come when they are asked for.

    Args:
        study: What was compared.
        study_id: Its identifier.
        made: See ``boltzmann.runs.study_decay.decay_of``.
        own: Whether it may be fitted again: a shipped study may not.
    """
    if not made["groups"]:
        words = f"None of the {made['ended']:,} finished runs has curves that can be read: there is nothing to fit."
        return [card("What the decays say", html.P(words, className="quiet decay-words"), *([_again()] if own else []))]
    return [
        _findings(study_id, made, own),
        _bar(study, study_id, made),
        *([_betas()] if any("beta" in group for group in made["groups"]) else []),
        _decays(study, study_id),
        _posterior(study, study_id),
        _limits(study),
        _numbers(study, study_id),
    ]


def _kept(study_id: str) -> dict[str, Any]:
    """A new fit makes the controls anew: what was chosen of this study stays chosen."""
    return {"persistence": study_id, "persistence_type": "memory"}


def _again() -> dmc.Button:
    return dmc.Button("Fit again", id={"type": "decay-action", "name": "again"}, size="compact-sm", variant="subtle")


def _findings(study_id: str, made: Analysis, own: bool) -> html.Section:
    source = html.A("Fits (JSON)", href=f"/files/studies/{study_id}/decay.json", download="", className="file")
    words = f"Made on {made['made'][:10]} of {made['ended']:,} runs, from epoch {made['first_epoch']} on."
    return html.Section(
        [
            html.Div(
                [
                    learn_title("What the decays say", "inverse-temperature"),
                    html.Div([*([_again()] if own else []), source], className="row"),
                ],
                className="spread",
            ),
            html.Ul([html.Li(sentence) for sentence in made["words"]], className="decay-findings"),
            html.P(words, className="quiet numbers decay-words"),
        ],
        className="card padded",
    )


def _bar(study: StudyConfig, study_id: str, made: Analysis) -> html.Section:
    grid, titles = grid_of(made), list(dict.fromkeys(group["panel"] for group in made["groups"]))
    betas, pauses = ([f"{value:g}" for value in sorted({pair[place] for pair in grid})] for place in (0, 1))
    panel = dmc.Select(
        id="decay-panel",
        data=titles,
        value=titles[0],
        allowDeselect=False,
        size="sm",
        w=280,
        style=HIDDEN if grid or len(titles) == 1 else {},
        **_kept(study_id),
        **aria(label="Panel"),
    )
    chips = [
        dmc.Chip(
            html.Span(arm.title, className="arm", style=swatch(place)), value=arm.title, size="xs", variant="outline"
        )
        for place, arm in enumerate(study.arms)
    ]
    return html.Section(
        [
            _choice("decay-hidden", "Hidden beta", betas, study_id),
            _choice("decay-pause", "Pause at", pauses, study_id),
            panel,
            html.Div(
                dmc.ChipGroup(
                    chips,
                    id="decay-arms",
                    multiple=True,
                    value=[arm.title for arm in study.arms],
                    **_kept(study_id),
                ),
                className="row decay-chips",
                role="group",
                **aria(label="Arms that are drawn"),
            ),
        ],
        className="card decay-bar",
        **aria(label="What the decays are drawn of"),
    )


def _choice(name: str, label: str, values: list[str], study_id: str) -> html.Div:
    # In the middle, where there is one: at the ends of the range little can be seen.
    control = dmc.SegmentedControl(id=name, data=values, value=values[len(values) // 2] if values else None, size="xs",
                                   **_kept(study_id), **aria(label=label))  # fmt: skip
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
    return card("Inverse temperature", html.P([INTRODUCTION, " ", more], className="quiet decay-words"), _plots(plots))


def _decays(study: StudyConfig, study_id: str) -> html.Section:
    bands = [dmc.Chip(words, value=name, size="xs", variant="outline") for name, words in BANDS.items()]
    controls = html.Div(
        [
            html.Div(
                dmc.ChipGroup(
                    bands, id="decay-bands", multiple=True, value=["credible", "prediction"], **_kept(study_id)
                ),
                className="row decay-chips",
                role="group",
                **aria(label="Bands that are drawn"),
            ),
            dmc.Switch(id="decay-log", label="Log axis", checked=True, **_kept(study_id)),
        ],
        className="controls study-controls",
    )
    words = "Dots: means of the runs. Lines: posterior medians of K exp(−α i) + c, dashed where the fit was refused."
    return card(
        TITLE,
        html.P(words, className="quiet decay-words"),
        controls,
        _legend(study),
        _plot("decay", "", 380, "Fitted decays"),
        _plots((("residuals", "Residuals", 200),)),
        html.H3("A sharper reconstruction is not yet a better model", className="title decay-between"),
        html.P(LIKELIHOOD, className="quiet decay-words"),
        _plots((("error", "Error of the reconstruction", 250), ("likelihood", "Log-likelihood of held-out rows", 250))),
    )


def _posterior(study: StudyConfig, study_id: str) -> html.Section:
    plots = (("alpha", "Rate α", 200), ("K", "Amplitude K", 200), ("c", "Error that is left, c", 200))
    centred = dmc.SegmentedControl(
        id="decay-centred",
        data=[{"value": "mode", "label": "Around each mode"}, {"value": "value", "label": "By value"}],
        value="mode",
        size="xs",
        mt=10,
        **_kept(study_id),
        **aria(label="Horizontal axis of the densities"),
    )
    words = html.P(id="decay-left-out", className="quiet decay-words")
    densities = html.Div([centred, _legend(study), _plots(plots, " three")], id="decay-densities")
    return card("Posterior", words, densities)


def _limits(study: StudyConfig) -> html.Section:
    words = (
        "Mark and thick line: c and its 95% interval as they are quoted; over the runs, each fitted by itself, where errors "
        "of one run depend on those before, else of the posterior. Thin line: the other of the two. On a logarithmic axis "
        "what goes below 0 is cut off. Hollow: c was refused, and the mark is the last measured error."
    )
    return card(
        "The error that is left, c",
        html.P(words, className="quiet decay-words"),
        _legend(study),
        _plot("limits", "", 340, "c of each arm, panel by panel"),
        html.Div(id="decay-refused"),
    )


def _numbers(study: StudyConfig, study_id: str) -> html.Section:
    titles = [arm.title for arm in study.arms]
    compared = dmc.Select(
        id="decay-compared",
        label="Compared with",
        data=titles,
        value=titles[0],
        allowDeselect=False,
        size="sm",
        w=280,
        maw="100%",
        mt=10,
        **_kept(study_id),
    )
    return card(
        "The fits in numbers",
        compared,
        html.Div(id="decay-table"),
        html.Div(id="decay-over-pauses"),
        html.Div(id="decay-notes"),
        html.Details(
            [html.Summary("The curves in numbers"), html.Div(id="decay-ends")],
            className="fold",
        ),
    )


def _legend(study: StudyConfig) -> html.Ul:
    """The colours of the arms, where the bar with their names does not stay in sight."""
    arms = [html.Li(arm.title, style=swatch(place)) for place, arm in enumerate(study.arms)]
    return html.Ul(arms, className="arms decay-legend", **aria(hidden="true"))


def _plots(plots: tuple[tuple[str, str, int], ...], more: str = "") -> html.Div:
    return html.Div([_plot(*plot) for plot in plots], className=f"study-plots{more}")


def _plot(name: str, title: str, height: int, label: str = "") -> html.Div:
    empty: Any = blank_figure()
    graph = dcc.Graph(id={"type": "decay-plot", "name": name}, figure=empty, config=CONFIG, style={"height": height})
    head = [html.H3(title, className="title")] if title else []
    return html.Div([*head, graph], role="group", **aria(label=title or label))
