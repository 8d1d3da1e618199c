"""What the stream fills on the page of a lab's run: curves, histograms of energies, pictures."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from boltzmann.config import CLASSES, ENUMERABLE, PATTERNS, RBMConfig, visible_units
from boltzmann.ui.components.curve_controls import curve
from boltzmann.ui.components.learn_links import learn_title
from boltzmann.ui.components.parts import aria, facts, help_mark, number
from boltzmann.ui.components.run_panels import picture_slider
from boltzmann.ui.components.setting_words import choice_words
from boltzmann.ui.figures import CONFIG, picture_config
from boltzmann.ui.lab_curves import LAB_CURVES
from boltzmann.ui.lab_figures import energies_figure, lab_figure

PICTURES = {
    "filters": (
        "Weights of the hidden units",
        "One image for each hidden unit: white pulls a pixel to 1, black to 0, grey is no weight.",
    ),
    "generated": ("Free samples", "What the machine draws by itself: Gibbs chains from random starts."),
    "reconstructed": ("Originals above, reconstructions below", "Held-out rows, up to the hidden layer and back."),
}
UNSEEN = {"visibility": "hidden", "position": "absolute", "width": "100%", "height": 0, "overflow": "hidden"}
"""Out of the way, yet with a width: a figure drawn without one takes a width of its own, and the page would scroll."""
EXACT = ("kl", "log_likelihood")
COSTS = (
    ("updates", "Gibbs updates", "Updates of a unit in the chains of the negative phase and in anneals for the mode."),
    ("samples", "Rows drawn", "For the negative phase and the mode."),
    ("calls", "Sampler calls", "Problems sent to the sampler."),
    ("mode_steps", "Mode steps", "Steps that took probability from the mode."),
)


def curve_panel(file: str = "run") -> html.Section:
    """The empty curves; each is seen once it has a value. ``file`` begins the names of saved pictures."""
    head = [
        learn_title("Figures", "contrastive-divergence"),
        html.Span(id="lab-points", className="quiet numbers", style={"fontSize": 13}),
    ]
    return html.Section(
        [
            html.Div(head, className="spread"),
            html.Div([_curve(name, file) for name in LAB_CURVES], className="losses lab-curves"),
            html.Div(id="lab-costs"),
        ],
        className="card padded",
    )


def _curve(name: str, file: str) -> html.Div:
    figure = LAB_CURVES[name]
    tip = html.Div([html.Div(figure.formula, style={"fontWeight": 600}), html.Div(figure.sentence)])
    empty: Any = lab_figure(name, {}, x_title="", log=False, scheme="light", revision="")
    head = [
        html.H3(figure.title, className="title", style={"fontSize": 14}),
        help_mark(f"{figure.title}: {figure.formula}. {figure.sentence}", tip),
        html.Span("–", id={"type": "lab-latest", "name": name}, className="loss-value"),
    ]
    return html.Div(
        [
            html.Div(head, className="loss-head"),
            html.Div(id={"type": "lab-how", "name": name}, className="how"),
            curve({"type": "lab-curve", "name": name}, empty, 164, picture_config(f"{file}-{name}")),
        ],
        id={"type": "lab-box", "name": name},
        role="group",
        style=UNSEEN,
        **aria(label=f"{figure.title} curve"),
    )


def energies_panel() -> html.Section:
    """Histograms of the free energy, empty at first."""
    what = (
        "Where the machine finds what it has learned: it draws like the data when both histograms lie on each other. "
        "Free samples far to the right are rows that it should not draw."
    )
    empty: Any = energies_figure([], [], [], "light")
    return html.Section(
        [
            html.Div(
                [
                    learn_title("Energies", "rbm"),
                    help_mark(f"Energies: F(v) = −a·v − Σ log(1 + exp(b + vW)). {what}", what),
                ],
                className="row",
            ),
            dcc.Graph(id="lab-energies", figure=empty, config=CONFIG, style={"height": 210}),
        ],
        id="lab-energies-panel",
        className="card padded",
        style=UNSEEN,
        **aria(label="Energies of data and samples"),
    )


def pictures_panel(pictured: bool = True) -> html.Section:
    """The last pictures, and a slider through the earlier ones; out of sight for rows that are no images."""
    figures = [
        html.Figure(
            [
                html.Figcaption(
                    [html.H2(title, className="title"), help_mark(f"{title}: {sentence}", sentence)],
                    className="row keep",
                ),
                html.Img(id=f"lab-{name}", className="digits", alt=f"{title}, at the step named above"),
            ],
            className="lab-picture",
        )
        for name, (title, sentence) in PICTURES.items()
    ]
    return html.Section(
        [
            html.Div(
                [picture_slider("lab-"), *figures],
                id="lab-pictures-shown",
                className="stack",
                style={"display": "none"},
            ),
            html.Div(
                "Pictures appear with the first measurement.",
                id="lab-pictures-empty",
                className="quiet",
            ),
        ],
        className="card padded",
        style={} if pictured else {"display": "none"},
        **aria(label="Pictures"),
    )


def latest(name: str, values: dict[str, Any]) -> str:
    """The last value of a curve: of held-out rows, where there are two; P with its name, beside γ."""
    value = values.get(LAB_CURVES[name].lines[-1][0])
    if value is not None and name == "mode":
        return f"P = {value:.3g}"
    if value is not None and LAB_CURVES[name].ticks:
        return f"{value:.2%}"
    return f"{value:.3g}".replace("-", "−") if value is not None and abs(value) < 1 else number(value)


def how_measured(config: RBMConfig, found: dict[str, Any]) -> dict[str, str]:
    """Beside each curve: whether it is exact, of how many states, or an estimate, of which rows.

    Args:
        config: The run's.
        found: Facts of the run's start.
    """
    visible = found.get("visible") or visible_units(config)
    labels = found.get("labels", CLASSES) if config.model.label_units else 0
    sides = [config.model.hidden] if visible is None else [visible - labels, config.model.hidden]
    smaller = min(sides)
    states = f"exact, 2{_superscript(smaller)} states" if smaller <= ENUMERABLE else ""
    rows, few = ((f"{found[key]:,} " if found.get(key) else "") for key in ("measured_rows", "pseudo_rows"))
    rule = f"; {found['rule']}" if found.get("rule") else ""
    kind = "rows, to train and test alike" if listed(config) else "held-out rows"
    return {
        **dict.fromkeys(EXACT, states and states + rule),
        "pseudo_likelihood": f"{few}{kind}{rule}",
        "reconstruction_error": f"{rows}{kind}",
        "free_energy_gap": f"{rows}{kind}, as many training rows",
        "error_rate": f"{rows}{kind}",
        "sum_squares": f"{rows}{kind}",
        "beta": choice_words(config.inverse_temperature.scheme),
        "mode": f"mode by {config.training.mode_search}",
        "learning_rate": config.training.learning_rate_schedule,
    }


def listed(config: RBMConfig) -> bool:
    """Whether the rows are all that there are, to train and test alike: they have no gap of free energy."""
    return config.data.dataset in PATTERNS and (
        config.data.dataset != "bars_and_stripes" or config.data.drawing == "all"
    )


def seen(name: str, values: dict[str, Any], config: RBMConfig | None) -> bool:
    """Whether a curve has a value that tells something."""
    if name == "free_energy_gap" and config is not None and listed(config):
        return False
    if name == "beta_change" and config is not None and config.inverse_temperature.scheme in ("fixed", "known"):
        return False
    return any(values.get(field) is not None for field, _ in LAB_CURVES[name].lines)


def costs(values: dict[str, Any]) -> Any:
    """What the training has asked for so far."""
    return facts([(title, f"{values[key]:,}") for key, title, _ in COSTS if values.get(key)])


def _superscript(value: int) -> str:
    return str(value).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
