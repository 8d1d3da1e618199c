"""Files that the page shows and people download: every identifier is checked by its store."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
from flask import Blueprint, Response, abort, request, send_file

from boltzmann.runs.checkpoint_film import ANIMATION, GENERATED, RECONSTRUCTED
from boltzmann.runs.checkpoint_film import FOLDER as FRAMES
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import resolve
from boltzmann.runs.pictures import black_and_white, generated_grid
from boltzmann.ui.chip_picture import chip_picture
from boltzmann.ui.components.sampler_card import chip_key
from boltzmann.ui.figures import scheme_of
from boltzmann.ui.overlay import chosen
from boltzmann.ui.overlay_csv import HEAD, table_rows
from boltzmann.ui.services import Services

COMPARED = re.compile(r"[a-z_]+\.png")
PICTURE = re.compile(r"[a-z]+-[0-9]+\.png")


def create_routes(services: Services) -> Blueprint:
    """The blueprint of all ``/files/`` addresses."""
    routes = Blueprint("files", __name__, url_prefix="/files")
    store, drawings, comparisons = services.store, services.drawings, services.engine.comparisons

    @routes.errorhandler(StoreError)
    def unknown(error: StoreError) -> Response:
        return Response(str(error) + "\n", 404, mimetype="text/plain")

    @routes.get("/runs/<run_id>/config.json")
    def run_config(run_id: str) -> Response:
        return _send(store.folder(run_id) / "config.json", f"{file_name(store.name(run_id), run_id)}.json")

    @routes.get("/runs/<run_id>/metrics.csv")
    def run_metrics(run_id: str) -> Response:
        history = store.history(run_id)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(history)
        writer.writerows(zip(*history.values(), strict=True))
        name = f"{file_name(store.name(run_id), run_id)}.csv"
        return send_file(io.BytesIO(text.getvalue().encode()), "text/csv", as_attachment=True, download_name=name)

    @routes.get("/runs/compare.csv")
    def compared_runs() -> Response:
        """All curves of the runs in ``?runs=ID,ID`` as one long table."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        runs = chosen(store, request.args.get("runs", ""))
        writer.writerow(HEAD)
        writer.writerows((run, cell(name), *values) for run, name, *values in table_rows(services, runs))
        return send_file(io.BytesIO(text.getvalue().encode()), "text/csv", as_attachment=True, download_name="runs.csv")

    @routes.get("/runs/<run_id>/images/<file>")
    def run_picture(run_id: str, file: str) -> Response:
        folder = store.folder(run_id)
        if not PICTURE.fullmatch(file):
            abort(404, "A picture is named NAME-STEP.png.")
        return _send(folder / "images" / file)

    @routes.get("/runs/<run_id>/frames/<file>")
    def run_frames(run_id: str, file: str) -> Response:
        """What its checkpoints draw: all of them below one another, or one after the other as an animation."""
        folder = store.folder(run_id) / FRAMES
        if file not in (GENERATED, RECONSTRUCTED, ANIMATION):
            abort(404, f"There are {GENERATED}, {RECONSTRUCTED} and {ANIMATION}.")
        saved = f"{file_name(store.name(run_id), run_id)}.gif" if file == ANIMATION else None
        return _send(folder / file, saved)

    @routes.get("/models/<key>/samples.png")
    def model_samples(key: str) -> Response:
        return _send(resolve(key, services.settings, store).folder / "samples.png")

    @routes.get("/drawings/<drawing_id>/grid.png")
    def drawing_grid(drawing_id: str) -> Response:
        """The grid; with ``?pixels=binary`` in black and white."""
        if request.args.get("pixels") != "binary":
            return _send(drawings.folder(drawing_id) / "grid.png")
        images = black_and_white(drawings.arrays(drawing_id)["images"])
        in_turn = bool(drawings.status(drawing_id).facts.get("in_turn"))
        return send_file(io.BytesIO(generated_grid(images, in_turn)), "image/png", max_age=0)

    @routes.get("/drawings/<drawing_id>/digits.npz")
    def drawing_arrays(drawing_id: str) -> Response:
        arrays = drawings.arrays(drawing_id)
        stream = io.BytesIO()
        pixels = arrays["images"].astype(np.float32) / 255
        np.savez_compressed(stream, **{**arrays, "images": pixels})
        stream.seek(0)
        return send_file(
            stream, "application/octet-stream", as_attachment=True, download_name=f"digits-{drawing_id}.npz"
        )

    @routes.get("/samplers/<name>/chip.png")
    def chip(name: str) -> Response:
        """The chip that was last seen; with ``?scheme=dark`` for a dark page."""
        found = ((services.looker.row(name) or {}).get("access") or {}).get("chip")
        if not found:
            abort(404, "No chip of such a sampler has been seen.")
        scheme = scheme_of(request.args.get("scheme"))
        key = f"chip {chip_key(found)} {scheme}"
        picture = services.cache.get(key) or chip_picture(found, scheme)
        services.cache.set(key, picture)
        return send_file(io.BytesIO(picture), "image/png", max_age=3600)

    @routes.get("/comparisons/<comparison_id>/<file>")
    def comparison_picture(comparison_id: str, file: str) -> Response:
        if not COMPARED.fullmatch(file):
            abort(404, "A picture is named SAMPLER.png.")
        return _send(comparisons.folder(comparison_id) / file)

    @routes.get("/comparisons/<comparison_id>/figures.json")
    def comparison_figures(comparison_id: str) -> Response:
        comparisons.folder(comparison_id)
        report = json.dumps(comparisons.progress(comparison_id).get("report"), indent=2).encode()
        name = f"comparison-{comparison_id}.json"
        return send_file(io.BytesIO(report), "application/json", as_attachment=True, download_name=name)

    @routes.get("/")
    @routes.get("/<path:rest>")
    def nothing(rest: str = "") -> Response:  # noqa: ARG001 - without this, the page's own route would answer
        abort(404, "There is no such file.")

    return routes


def cell(text: str) -> str:
    """``text`` as a table's cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def file_name(name: str, otherwise: str) -> str:
    """``name`` as part of a file's name: at most 60 letters, digits and dashes; ``otherwise`` when none is left."""
    cleaned = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60].strip("-")
    return cleaned or otherwise


def _send(path: Path, download_name: str | None = None) -> Response:
    try:
        return send_file(path, as_attachment=download_name is not None, download_name=download_name, max_age=0)
    except FileNotFoundError:
        abort(404, "There is no such file.")
