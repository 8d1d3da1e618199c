"""What people download of a comparison: its figures, and the file with which it can be repeated."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from flask import Blueprint, Response, request, send_file

from boltzmann.runs.files import StoreError
from boltzmann.runs.study_decay import decay_of
from boltzmann.runs.study_references import references
from boltzmann.runs.study_results import COSTS, table
from boltzmann.runs.study_words import FIGURES
from boltzmann.ui.routes import file_name
from boltzmann.ui.services import Services

COLUMNS: tuple[str, ...] = (
    *("panel", "arm", "figure", "median", "low", "high", "ratio", "reference", "reference_low", "reference_high"),
    *COSTS,
    *("finished", "failed", "stopped", "going"),
)


def create_study_routes(services: Services) -> Blueprint:
    """The blueprint of the addresses ``/files/studies/``; ``?figure=NAME`` chooses another figure than the study's own."""
    routes = Blueprint("studies", __name__, url_prefix="/files/studies")
    studies = services.engine.studies

    @routes.errorhandler(StoreError)
    def unknown(error: StoreError) -> Response:
        return Response(f"{error}\n", 404, mimetype="text/plain")

    def rows(study_id: str) -> list[dict[str, Any]]:
        study, asked = studies.config(study_id), request.args.get("figure", "")
        figure = asked if asked in FIGURES else study.figure
        known = references(study) if figure == "kl" else {}
        found = []
        for panel, arms in table(studies, study_id, figure).items():
            for arm in arms:
                reference = known.get((panel, arm["arm"]))
                median, low, high = reference or (None, None, None)
                compared = {"reference": median, "reference_low": low, "reference_high": high}
                found.append({"panel": panel, "figure": figure, **arm, **compared})
        return found

    def send(study_id: str, content: bytes, ending: str, kind: str) -> Response:
        name = f"{file_name(studies.name(study_id), study_id)}{ending}"
        return send_file(io.BytesIO(content), kind, as_attachment=True, download_name=name, max_age=0)

    @routes.get("/<study_id>/study.json")
    def study_file(study_id: str) -> Response:
        """For ``boltzmann lab compare FILE``."""
        return send(study_id, (studies.folder(study_id) / "study.json").read_bytes(), ".json", "application/json")

    @routes.get("/<study_id>/decay.json")
    def decay_file(study_id: str) -> Response:
        made = decay_of(studies, study_id)
        if made is None:
            return Response(
                "no decays have been fitted: ask for them on the study's page\n", 404, mimetype="text/plain"
            )
        return send(study_id, json.dumps(made).encode(), "-decay.json", "application/json")

    @routes.get("/<study_id>/figures.json")
    def figures_json(study_id: str) -> Response:
        return send(study_id, json.dumps(rows(study_id), indent=2).encode(), "-figures.json", "application/json")

    @routes.get("/<study_id>/figures.csv")
    def figures_csv(study_id: str) -> Response:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows(study_id))
        return send(study_id, text.getvalue().encode(), "-figures.csv", "text/csv")

    return routes
