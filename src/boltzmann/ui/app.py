"""The page's factory: everything is made here, nothing at import."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, html, no_update, set_props
from flask import Response, jsonify, request
from flask_caching import Cache
from werkzeug.exceptions import HTTPException

from boltzmann.runs.drawings import DrawingStore
from boltzmann.runs.engine import Engine
from boltzmann.runs.files import StoreError
from boltzmann.runs.store import RunStore
from boltzmann.settings import ROOT, Settings
from boltzmann.ui.components import settings_form, shell
from boltzmann.ui.components.parts import notification
from boltzmann.ui.pages import (
    compare,
    generate,
    inside,
    lab,
    lab_play,
    lab_studies,
    learn,
    run_view,
    runs,
    runs_compare,
    samplers,
    studio,
    welcome,
)
from boltzmann.ui.routes import create_routes
from boltzmann.ui.security import UPDATE, hash_source, protect
from boltzmann.ui.services import Demo, Services

log = logging.getLogger(__name__)

SCHEME_SCRIPT = (
    "(function(){var s=localStorage.getItem('mantine-color-scheme-value')||'auto';"
    "if(s==='auto')s=matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light';"
    "document.documentElement.setAttribute('data-mantine-color-scheme',s);})()"
)
"""Runs before anything is painted, so that a dark page never flashes white."""

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
    <script>SCHEME_SCRIPT</script>
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>"""


def create_app(
    settings: Settings,
    engine: Engine,
    demo: Demo,
    host: str = "127.0.0.1",
    debug: bool = False,
    assets: Path = ROOT / "assets",
) -> Dash:
    """The Dash app; ``app.server`` is the Flask server.

    Args:
        settings: Folders.
        engine: Runs the jobs; started by the caller.
        demo: What the presenter edits.
        host: The address that the app listens on, as a host name that it answers to.
        debug: Whether Dash's development tools will be used.
        assets: Folder of styles and scripts.
    """
    app = Dash(
        __name__,
        title=demo.title,
        update_title="",
        assets_folder=str(assets),
        compress=True,
        serve_locally=True,
        suppress_callback_exceptions=True,
        index_string=INDEX.replace("SCHEME_SCRIPT", SCHEME_SCRIPT),
        on_error=_report,
        enable_mcp=False,
    )
    app.server.json.sort_keys = False  # type: ignore[attr-defined]
    cache = Cache(
        app.server, config={"CACHE_TYPE": "SimpleCache", "CACHE_THRESHOLD": 200, "CACHE_DEFAULT_TIMEOUT": 3600}
    )
    services = Services(settings, engine, RunStore(settings.runs), DrawingStore.beside(settings.runs), demo, cache)
    app.layout = lambda: shell.shell(demo)
    shell.register(app)
    settings_form.register(app)
    studio.register(app, services)
    welcome.register(app, services)
    run_view.register(app, services)
    generate.register(app, services)
    inside.register(app, services)
    compare.register(app, services)
    runs.register(app, services)
    runs_compare.register(app, services)
    samplers.register(app, services)
    lab.register(app, services)
    lab_studies.register(app, services)
    lab_play.register(app, services)
    learn.register(app, services)
    _register_router(app, services)
    app.server.register_blueprint(create_routes(services))
    _handle_errors(app)
    protect(app.server, host, [hash_source(SCHEME_SCRIPT), *app.csp_hashes()], debug)
    return app


def _register_router(app: Dash, services: Services) -> None:
    @app.callback(Output("page", "children"), Input("url", "pathname"), State("url", "search"))
    def show_page(path: Any, search: Any) -> Any:
        match path:
            case "/":
                return studio.layout(services, search)
            case "/generate":
                return generate.layout(services, search)
            case "/inside":
                return inside.layout(services, search)
            case "/compare":
                return compare.layout(services, search)
            case "/runs":
                return runs.layout(services)
            case "/runs/compare":
                return runs_compare.layout(services, search)
            case "/samplers":
                return samplers.layout(services)
            case "/lab":
                return lab.layout(services, search)
            case "/lab/compare":
                return lab_studies.layout(services, search)
            case "/lab/play":
                return lab_play.layout(services, search)
            case str() if path == "/learn" or path.startswith("/learn/"):
                return learn.layout(services, path.removeprefix("/learn").strip("/"))
        return html.Section(
            [
                html.H1("No such page", className="title"),
                html.P("The address leads nowhere. Choose a page above.", className="quiet"),
            ],
            className="card center-card",
        )


def _report(error: Exception) -> Any:
    """Show an exception of a callback as a message: its cause, never its traceback. A repeated one is shown once."""
    if isinstance(error, StoreError):
        title, text = "That was not possible", str(error)
    else:
        log.error("a callback failed", exc_info=error)
        title, text = (
            "Something went wrong",
            f"{type(error).__name__}: {str(error)[:300]}. Reload the page and try again.",
        )
    set_props("notifications", {"sendNotifications": [notification(title, text, "red", id=title)]})
    return no_update


def _handle_errors(app: Dash) -> None:
    @app.server.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response | tuple[Response, int]:
        if request.path == UPDATE:
            return jsonify(error=error.description), error.code or 400
        return Response(f"{error.description}\n", error.code or 500, mimetype="text/plain")

    @app.server.errorhandler(Exception)
    def fail(error: Exception) -> tuple[Response, int]:
        # What escapes a callback's own handler is a body that does not fit the callback it names.
        if request.path == UPDATE:
            log.warning("a callback's request was refused: %s", repr(error)[:200])
            return jsonify(error="the request does not fit the callback that it names: reload the page"), 400
        log.error("a request failed: %s", request.path, exc_info=error)
        return jsonify(error="the server could not answer this request"), 500
