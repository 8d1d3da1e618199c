"""A study as it is seen: what it asks, how far it is, its verdict, a plot for each panel, its figures, its runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from boltzmann.config import StudyConfig
from boltzmann.runs.estimate_words import duration
from boltzmann.runs.status import Status
from boltzmann.runs.studies import StudyMember, StudyStatus
from boltzmann.runs.study_words import FIGURES, Verdict, headline
from boltzmann.ui.components.decay_state import decay_place
from boltzmann.ui.components.learn_links import study_links
from boltzmann.ui.components.parts import aria, icon, state_badge
from boltzmann.ui.components.run_header import settings_tables
from boltzmann.ui.components.study_fairness import differences, horizontal, shared
from boltzmann.ui.figures import CONFIG
from boltzmann.ui.study_figures import blank_figure, swatch

SHOWN = 4
"""Panels that are plotted at first."""
HIDDEN = {"display": "none"}


def study_view(study_id: str, study: StudyConfig, name: str) -> list[Any]:
    """The whole view; the heartbeat fills what changes."""
    return [
        html.Section(
            [
                html.Div(
                    [
                        html.Div(
                            [
                                dmc.Anchor("All comparisons", href="/lab/compare", size="sm"),
                                html.H1(name, className="title"),
                            ]
                        ),
                        html.Div(id="study-actions", className="row"),
                    ],
                    className="spread study-head",
                ),
                html.P(study.question, className="lead"),
                study_links(study),
                html.Div(id="study-progress", role="status"),
                _links(study_id),
            ],
            className="card padded",
        ),
        html.Section(id="study-verdict", className="card padded study-verdict", **aria(live="polite", label="Finding")),
        *decay_place(study),
        _plots(study),
        html.Section([html.H2("Final figures", className="title"), _table(study)], className="card padded"),
        html.Section(
            [
                html.H2("What makes it fair", className="title"),
                common_words(study),
                html.Details([html.Summary("Settings of the base"), settings_tables(study.base)], className="fold"),
                html.Details(
                    [html.Summary("All runs", id="study-members-fold"), html.Div(id="study-members")], className="fold"
                ),
            ],
            className="card padded",
        ),
    ]


def _table(study: StudyConfig) -> Any:
    """The place of the table, folded where it is long and the sections of the decays tell the same."""
    place = html.Div(id="study-table")
    if study.analysis != "decay" or len(study.panels) <= SHOWN:
        return place
    return html.Details([html.Summary(f"All {len(study.panels)} panels"), place], className="fold")


def _links(study_id: str) -> html.Div:
    base = f"/files/studies/{study_id}"
    return html.Div(
        [
            html.A("Figures (CSV)", href=f"{base}/figures.csv", download="", className="file"),
            html.A("Figures (JSON)", href=f"{base}/figures.json", download="", className="file"),
            html.A(
                "Study file",
                href=f"{base}/study.json",
                download="",
                className="file",
                title="boltzmann lab compare FILE",
            ),
            dmc.CopyButton(
                "Copy link",
                id="study-link",
                copiedChildren="Link copied",
                value="",
                size="compact-sm",
                variant="subtle",
            ),
        ],
        className="row links",
    )


def _plots(study: StudyConfig) -> html.Section:
    titles = [panel.title for panel in study.panels]
    start = study.figure if study.figure in FIGURES else "kl"
    controls = [
        dmc.Select(id="study-figure", data=figure_choices([start]), value=start, allowDeselect=False, w=320, size="sm",
                   maw="100%", **aria(label="Figure")),
        dmc.SegmentedControl(
            id="study-x", value="step", size="xs",
            data=[{"value": name, "label": words.split()[0].rstrip(",")} for name, words in horizontal(study).items()],
            **aria(label="Horizontal axis"),
        ),
        dmc.Switch(id="study-log", label="Log axis", checked=FIGURES[start].ratio),
    ]  # fmt: skip
    if len(titles) > SHOWN:
        controls.append(
            dmc.MultiSelect(
                id="study-shown", data=titles, value=titles[:SHOWN], placeholder="Panels", size="sm", searchable=True,
                hidePickedOptions=True, className="study-shown", **aria(label="Panels that are plotted"),
            )
        )  # fmt: skip
    else:
        controls.append(dmc.MultiSelect(id="study-shown", data=titles, value=titles, style=HIDDEN))
    legend = html.Ul(
        [html.Li(arm.title, style=swatch(place)) for place, arm in enumerate(study.arms)], className="arms",
        **aria(label="Arms"),
    )  # fmt: skip
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Over the run", className="title"),
                    html.Span(id="study-points", className="quiet numbers study-points"),
                ],
                className="spread",
            ),
            html.Div(controls, className="controls study-controls"),
            legend,
            html.Div(plot_cards(titles[:SHOWN], len(study.panels) == 1), id="study-plots", className="study-plots"),
        ],
        className="card padded",
    )


def figure_choices(names: Iterable[str]) -> list[dict[str, str]]:
    """Figures to choose from, in the order of :data:`~boltzmann.runs.study_words.FIGURES`."""
    wanted = set(names)
    return [{"value": name, "label": figure.title} for name, figure in FIGURES.items() if name in wanted]


def plot_cards(titles: list[str], single: bool) -> list[html.Div]:
    """A place for each panel's plot.

    Args:
        titles: Of the panels shown.
        single: Whether the study has just one panel, whose title says nothing then.
    """
    empty: Any = blank_figure()
    return [
        html.Div(
            [
                None if single else html.H3(title, className="title"),
                dcc.Graph(
                    id={"type": "study-plot", "panel": title}, figure=empty, config=CONFIG, style={"height": 260}
                ),
            ],
            role="group",
            **aria(label=f"Curves of {title}"),
        )
        for title in titles
    ]


def progress(status: StudyStatus, left: str) -> list[Any]:
    """How far a study is; ``left`` says what remains, or is empty."""
    share = 100 * status.progress
    bar = dmc.ProgressSection(
        value=share,
        color="accent",
        animated=status.active,
        striped=status.active,
        withAria=True,
        **aria(label=f"Progress of the study: {share:.0f}%"),
    )
    others = status.total - status.finished - status.failed - status.working - status.waiting
    counts = (("failed", status.failed), ("going on", status.working), ("waiting", status.waiting), ("stopped", others))
    waiting = "The workers are starting: the first points come within seconds"
    words = [waiting] if status.active and not (status.working or status.finished or status.progress) else []
    words += [f"{status.finished} of {status.total} runs finished"]
    words += [f"{count} {what}" for what, count in counts if count]
    words += [f"{duration(status.seconds)} of training"] if status.seconds else []
    words += [left] if left else []
    line = html.Div(
        [state_badge(status.state), html.Span(" · ".join(words), className="numbers")], className="row study-line"
    )
    return [dmc.ProgressRoot(bar, size="md", radius="xl", className="progress-line"), line]


def actions(status: StudyStatus) -> list[Any]:
    """The buttons that the state of one's own study allows."""
    if status.active:
        return [
            dmc.Button(
                "Stop",
                id={"type": "study-action", "name": "stop"},
                leftSection=icon("stop"),
                color="red",
                variant="light",
            )
        ]
    resume = dmc.Button("Resume", id={"type": "study-action", "name": "resume"}, leftSection=icon("play"))
    delete = dmc.Button(
        "Delete", id={"type": "study-action", "name": "delete"}, leftSection=icon("bin"), color="red", variant="subtle"
    )
    return [*([resume] if status.finished < status.total else []), delete]


def verdict_card(verdicts: list[Verdict], first: str, figure: str) -> list[Any]:
    """The finding: one sentence for all, and each panel's own where there are several."""
    children: list[Any] = [
        html.H2("Finding", className="group-title"),
        html.P(headline(verdicts, first, figure), className="finding"),
    ]
    if len(verdicts) == 1:
        return [*children, html.P(verdicts[0].doubt, className="quiet")] if verdicts[0].doubt else children
    if all(item.won is None for item in verdicts):
        return children
    rows = [
        html.Div([html.Dt(item.panel), html.Dd([item.words, html.Span(f" {item.doubt}", className="quiet")])])
        for item in verdicts
    ]
    return [*children, html.Dl(rows, className="findings")]


def common_words(study: StudyConfig) -> html.Dl:
    """What all arms share and what differs, in words."""
    measured = (
        "KL and likelihoods are exact wherever the smaller layer can be enumerated, and measured apart from training."
    )
    pairs = [
        ("The same in all arms", shared(study)),
        ("What differs", [html.Div(words) for words in differences(study)]),
        ("Seeds", f"{study.seeds} of each arm: 0 to {study.seeds - 1}. The line is the median, the band reaches from the "
         "least to the greatest." if study.seeds > 1 else "One of each arm: chance alone can order the arms so."),
        ("Truth", measured),
    ]  # fmt: skip
    return html.Dl([html.Div([html.Dt(title), html.Dd(words)]) for title, words in pairs], className="seen fair")


def members_list(members: list[tuple[StudyMember, Status | None]], shipped: bool = False) -> Any:
    """Links to the runs, by panel and arm; those of a shipped study are in nobody's store."""
    if shipped:
        words = (
            f"{len(members):,} runs were made for this study. Their curves are shipped with the app, the runs are not."
        )
        return html.P(words, className="quiet")
    single = len({member.panel for member, _ in members}) == 1
    groups: dict[str, list[Any]] = {}
    for member, status in members:
        mark = "" if status and status.state == "finished" else f" ({status.state if status else 'deleted'})"
        words = f"seed {member.seed}{mark}"
        link = (
            dmc.Anchor(words, href=f"/lab?run={member.run}", size="sm")
            if status
            else html.Span(words, className="quiet")
        )
        groups.setdefault(member.arm if single else f"{member.panel}: {member.arm}", []).append(link)
    return html.Dl(
        [html.Div([html.Dt(title), html.Dd(links)]) for title, links in groups.items()], className="study-members"
    )
