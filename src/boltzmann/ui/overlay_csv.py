"""All curves of several runs as one long table: a row for each value, whatever it was measured with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boltzmann.ui.curves import AXES
from boltzmann.ui.overlay import columns_of, overlays
from boltzmann.ui.services import Services

HEAD = ("run", "name", *AXES, "curve", "value")


def table_rows(services: Services, runs: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows below :data:`HEAD`, run by run and curve by curve, raw and none left out.

    A loss and a figure of the lab has the name of its field, a report that of its curve. Epoch and training seconds of a
    report are interpolated between the losses around it.
    """
    for run in runs:
        name, lab = services.store.name(run), services.store.kind(run) == "rbm"
        columns = columns_of(services, run)
        # Whatever its objective was, a run has values only of its own losses.
        fields = [(field, "points", field) for field in columns["points"] if field not in AXES]
        reports = [] if lab else [one for one in overlays([], lab) if one.source != "points"]
        fields += [(one.name, one.source, one.lines[-1][0]) for one in reports]
        for curve, source, field in fields:
            of = columns[source]
            places = zip(*(of[axis] for axis in AXES), of[field], strict=True)
            yield from ((run, name, *place, curve, value) for *place, value in places if value is not None)
