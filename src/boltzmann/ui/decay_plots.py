"""From what is chosen on the page, and the fits of a study, to each of its plots."""

from __future__ import annotations

from typing import Any, NamedTuple

import plotly.graph_objects as go

from boltzmann.ui.beta_figures import bands_figure, energies_figure
from boltzmann.ui.decay_figures import decay_figure, density_figure, quoted, residuals_figure
from boltzmann.ui.decay_limits import limits_figure
from boltzmann.ui.study_figures import blank_figure

Analysis = dict[str, Any]
Groups = dict[str, dict[str, Any]]

PARAMETERS = {"alpha": "α, per epoch", "K": "K, sum of squared errors", "c": "c, sum of squared errors"}


class Curve(NamedTuple):
    """A figure of a group that is drawn over the epochs.

    Args:
        column: Its name in the group.
        y_title: What the axis says.
        levelled: Whether the hidden beta is drawn beside it.
        spread: Whether the band of the runs is.
    """

    column: str
    y_title: str
    levelled: bool = False
    spread: bool = True


CURVES = {
    "beta": Curve("beta", "β", levelled=True),
    "hardware": Curve("hardware_beta", "β", levelled=True, spread=False),
    "change": Curve("beta_change", "Δβ", spread=False),
    "error": Curve("sum_squares", "Sum of squared errors"),
    "likelihood": Curve("test_log_likelihood", "Nats a row"),
}


class Choice(NamedTuple):
    """What is drawn, and how.

    Args:
        study_id: Of which study: a user's zoom is kept as long as study, panel and axes stay.
        panel: The title of the panel.
        order: Titles of all arms of the study.
        shown: Of those that are drawn.
        bands: Names of :data:`boltzmann.ui.decay_figures.BANDS`.
        log: Logarithmic axis of the decays.
        centred: Densities around their modes.
        scheme: "light" or "dark".
    """

    study_id: str
    panel: str
    order: list[str]
    shown: list[str]
    bands: list[str]
    log: bool
    centred: bool
    scheme: Any


def decay_plot(name: Any, made: Analysis, choice: Choice) -> go.Figure:
    """The plot of that name; an empty one for any other.

    Args:
        name: "decay", "residuals", "limits", "energies", one of :data:`PARAMETERS` or of :data:`CURVES`.
        made: See ``boltzmann.runs.study_decay.decay_of``.
        choice: What is drawn of it.
    """
    if not isinstance(name, str):
        return blank_figure()
    groups, order = groups_of(made, choice.panel, choice.shown), choice.order
    scheme, revision = choice.scheme, f"{choice.study_id} {choice.panel} {choice.log} {choice.centred}"
    if name == "decay":
        return decay_figure(groups, order, bands=choice.bands, log=choice.log, scheme=scheme, revision=revision)
    if name == "residuals":
        return residuals_figure(groups, order, scheme=scheme, revision=revision)
    if name == "energies":
        data, model = _columns(groups, "data_energy"), _columns(groups, "model_energy")
        both = {arm: {"data": data[arm], "model": model[arm]} for arm in data if arm in model}
        return energies_figure(both, order, scheme=scheme, revision=revision)
    if name == "limits":
        in_grid = choice.panel in grid_of(made).values()
        x_title = "Pause at this share of the anneal" if in_grid else ""
        panels = beside_of(made, choice.panel, choice.shown)
        return limits_figure(panels, order, x_title=x_title, scheme=scheme, revision=revision)
    if name in PARAMETERS:
        x_title = f"{PARAMETERS[name]}, less its mode" if choice.centred else PARAMETERS[name]
        return density_figure(
            groups, order, name, x_title=x_title, centred=choice.centred, scheme=scheme, revision=revision
        )
    if name in CURVES:
        column, y_title, levelled, spread = CURVES[name]
        level = next((group["hidden_beta"] for group in groups.values() if group.get("hidden_beta")), None)
        level = level if levelled else None
        return bands_figure(_columns(groups, column), order, y_title=y_title, scheme=scheme, revision=revision, spread=spread,
                            level=level, level_name="" if level is None else f"dashed: hidden, {level:g}")  # fmt: skip
    return blank_figure()


def grid_of(made: Analysis) -> dict[tuple[float, float], str]:
    """The titles of the panels by hidden beta and pause, where each pair of them is one panel; else nothing."""
    found: dict[tuple[float, float], str] = {}
    titles = set()
    for group in made["groups"]:
        titles.add(group["panel"])
        if group.get("hidden_beta") is not None and group.get("pause") is not None:
            found.setdefault((group["hidden_beta"], group["pause"]), group["panel"])
    betas, pauses = {beta for beta, _ in found}, {pause for _, pause in found}
    whole = len(found) == len(betas) * len(pauses) == len(titles)
    return dict(sorted(found.items())) if whole and len(found) > 1 else {}


def panel_of(made: Analysis, beta: Any, pause: Any, panel: Any) -> str:
    """The title of the panel that the controls choose; the first one for what is none of theirs."""
    grid = {(f"{one:g}", f"{other:g}"): title for (one, other), title in grid_of(made).items()}
    titles = [group["panel"] for group in made["groups"]]
    if grid:
        return next((title for pair, title in grid.items() if pair == (beta, pause)), next(iter(grid.values())))
    return panel if panel in titles else titles[0]


def groups_of(made: Analysis, panel: str, arms: list[str]) -> Groups:
    """The groups of a panel by arm, of ``arms`` only."""
    return {group["arm"]: group for group in made["groups"] if group["panel"] == panel and group["arm"] in arms}


def beside_of(made: Analysis, panel: str, arms: list[str], titles: bool = False) -> dict[str, Groups]:
    """The panels that stand side by side: all pauses of the chosen panel's hidden beta, or all panels.

    Args:
        made: The fits.
        panel: The chosen one.
        arms: Titles of the arms that are wanted.
        titles: Whether to name the panels by their titles, rather than by what they differ in.
    """
    grid = grid_of(made)
    row = next((beta for (beta, _), title in grid.items() if title == panel), None)
    if row is None:
        return {title: groups_of(made, title, arms) for title in dict.fromkeys(one["panel"] for one in made["groups"])}
    return {
        title if titles else f"{pause:g}": groups_of(made, title, arms)
        for (beta, pause), title in grid.items()
        if beta == row
    }


def left_out(groups: Groups) -> str:
    """Which arms have no densities, in a sentence."""
    refused = [arm for arm, group in groups.items() if not quoted(group)]
    if refused and len(refused) == len(groups):
        return "None of the fits that are shown may be quoted: see why below."
    words = "Densities of the parameters, each in units of its peak."
    return f"{words} Left out, since their fits were refused: {', '.join(refused)}." if refused else words


def _columns(groups: Groups, name: str) -> dict[str, dict[str, Any]]:
    return {arm: _measured(group["at"], group[name]) for arm, group in groups.items() if group.get(name)}


def _measured(epochs: list[Any], band: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Without the epochs at which nothing was measured: an area between curves knows no gaps."""
    kept = [place for place, value in enumerate(band["median"]) if value is not None]
    return {name: [values[place] for place in kept] for name, values in {"epochs": epochs, **band}.items()}
