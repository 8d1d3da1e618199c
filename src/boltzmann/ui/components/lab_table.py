"""A table of one's own as the lab's data: a place to drop it, those dropped before, and what is in it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update, set_props
from safetensors.numpy import load_file

from boltzmann.runs.files import StoreError
from boltzmann.runs.pictures import enlarged, generated_grid
from boltzmann.runs.tables import TableStore
from boltzmann.tables import COLUMNS, MEGABYTES, ROWS, TableError
from boltzmann.ui.components.parts import aria, icon
from boltzmann.ui.services import Services

FIELD = "data.table"
PICTURED = 36


def table_field(form: str, services: Services, chosen: str) -> html.Div:
    """Instead of the table's plain widget: the choice among dropped tables, and the place to drop one."""
    choice = dmc.Select(
        id={"type": "field", "form": form, "name": FIELD},
        label="Table",
        description="Your own rows of 0 and 1: drop a file below, or choose one that was dropped before.",
        placeholder="none yet",
        value=chosen,
        data=_titles(TableStore.beside(services.settings.runs)),
        size="sm",
    )
    most = MEGABYTES * 1_000_000
    upload = dcc.Upload(
        html.Div(
            [icon("plus"), html.Span("Drop a CSV or NPZ file here, or click to choose one")], className="drop-words"
        ),
        id="lab-upload",
        className="drop",
        className_active="drop over",
        max_size=most,
        multiple=False,
    )
    told: dict[str, Any] = {"data-most": most, "data-told": "lab-upload-error"}
    drop = html.Div(upload, role="group", **aria(label="Drop a table"), **told)
    what = html.P(
        f"One row a line, every value 0 or 1, {COLUMNS[0]} to {COLUMNS[1]:,} columns, at most {ROWS[1]:,} rows and "
        f"{MEGABYTES} MB. A last column named label holds classes 0 to 9.",
        className="control-help",
    )
    return html.Div(
        [
            choice,
            html.Div(id="lab-upload-error", role="alert"),
            html.Div(id="lab-table-shown", role="status", **aria(label="The chosen table")),
            drop,
            what,
        ],
        id="lab-table-field",
        className="fields",
    )


def register(app: Dash, services: Services, form: str) -> None:
    """Keep what is dropped, and show what is chosen."""
    tables = TableStore.beside(services.settings.runs)
    field = {"type": "field", "form": form, "name": FIELD}

    @app.callback(
        Output("lab-upload-error", "children"),
        Input("lab-upload", "contents"),
        State("lab-upload", "filename"),
        prevent_initial_call=True,
    )
    def drop(contents: Any, name: Any) -> Any:
        if contents is None:
            return no_update
        try:
            table_id = tables.create(name if isinstance(name, str) else "", _content(contents))
        except (TableError, StoreError) as error:
            return dmc.Alert(str(error), title="This file cannot be used", color="red", p="xs")
        # No declared output: the form fills the same field.
        set_props(field, {"data": _titles(tables), "value": table_id})
        return None

    # What became of the file is said above the place where it was dropped, which may be out of view.
    app.clientside_callback(
        ClientsideFunction("studio", "scrollColumn"),
        Output("lab-table-field", "data-seen"),
        Input("lab-upload-error", "children"),
        State("lab-table-field", "id"),
        prevent_initial_call=True,
    )

    @app.callback(Output("lab-table-shown", "children"), Input(field, "value"))
    def show(table_id: Any) -> Any:
        if not table_id:
            return None
        try:
            arrays = load_file(tables.path(table_id))
        except StoreError as error:
            return dmc.Alert(str(error), title="This table is not here", color="red", p="xs")
        rows, labels = arrays["rows"], arrays.get("labels")
        words = f"{len(rows):,} rows × {rows.shape[1]:,} columns, {rows.mean():.0%} ones"
        words += "" if labels is None else f", {len(np.unique(labels))} classes"
        shape = arrays.get("shape")
        picture = html.Img(src=_picture(rows, shape), className="digits table-rows", alt="Its first rows, white for 1")
        drawn = f" as {shape[0]} × {shape[1]} images" if shape is not None else ", a row a line"
        return html.Div(
            [
                html.Div(words, className="numbers", style={"fontSize": 14}),
                picture,
                html.Div(f"The first rows{drawn}; white is 1.", className="control-help"),
            ]
        )


def _titles(tables: TableStore) -> list[dict[str, str]]:
    return [{"value": table_id, "label": tables.title(table_id)} for table_id in tables.ids()]


def _content(contents: Any) -> bytes:
    """The bytes in a ``dcc.Upload``'s data URL.

    Raises:
        TableError: it is none.
    """
    try:
        return base64.b64decode(str(contents).partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise TableError("the file did not arrive whole: drop it again") from None


def _picture(rows: np.ndarray, shape: Any) -> str:
    if shape is None:
        sheet = generated_grid(enlarged(rows[None, :PICTURED] * np.uint8(255)))
    else:
        sheet = generated_grid(enlarged(rows[:PICTURED].reshape(-1, *shape) * np.uint8(255)))
    return "data:image/png;base64," + base64.b64encode(sheet).decode()
