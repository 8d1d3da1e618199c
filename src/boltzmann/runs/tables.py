"""Tables that people dropped: checked, kept as safetensors under a name of our making. Those that runs learn stay, and of
the others the last 50."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors import safe_open

from boltzmann import tables
from boltzmann.runs.files import IDENTIFIER, UnknownIdentifier, create_folder, folder_of, read_json
from boltzmann.runs.names import NAME_LENGTH, clean_name

KEPT = 50


class TableStore:
    """The tables below one folder.

    Args:
        root: The folder, inside that of the runs; made with the first table. ``TableStore.beside(settings.runs)`` finds the
            app's.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    @classmethod
    def beside(cls, runs: Path) -> TableStore:
        """The tables that belong to the run store at ``runs``."""
        return cls(Path(runs) / "tables")

    def create(self, name: str, content: bytes) -> str:
        """Keep the table in a dropped file; of those that no run names, the oldest beyond the last 50 are removed.
        Returns its identifier.

        Args:
            name: The file's, which becomes the table's title.
            content: The file's.

        Raises:
            TableError: when it is no table of 0 and 1.
            StoreError: when nothing of the name can be shown.
        """
        title = clean_name(name[:NAME_LENGTH])
        table_id = create_folder(
            self.root, {"table.safetensors": tables.parse(content).to_bytes(), "title.txt": title.encode()}
        )
        if len(self.ids()) > KEPT:
            named = self._named()
            for old in [name for name in self.ids() if name not in named][KEPT:]:
                shutil.rmtree(self.root / old, ignore_errors=True)
        return table_id

    def ids(self) -> list[str]:
        """All tables, newest first."""
        names = (entry.name for entry in self.root.iterdir()) if self.root.is_dir() else ()
        return sorted((name for name in names if IDENTIFIER.fullmatch(name)), reverse=True)

    def path(self, table_id: str) -> Path:
        """The table's file, as :func:`boltzmann.data.binary.load` reads it. Raises :class:`UnknownIdentifier`."""
        return self._folder(table_id) / "table.safetensors"

    def training_rows(self, table_id: str) -> int:
        """About how many of the table's rows are trained on: one in five is held out. Raises :class:`UnknownIdentifier`."""
        with safe_open(self.path(table_id), "numpy") as file:
            return file.get_slice("rows").get_shape()[0] * 4 // 5

    def pictured(self, table_id: str) -> bool:
        """Whether the table's rows are images. Raises :class:`UnknownIdentifier`."""
        with safe_open(self.path(table_id), "numpy") as file:
            return "shape" in file.keys()  # noqa: SIM118, it is no mapping

    def title(self, table_id: str) -> str:
        """The name of the file that was dropped. Raises :class:`UnknownIdentifier`."""
        return (self._folder(table_id) / "title.txt").read_text("utf-8")

    def _named(self) -> set[str]:
        """What runs name, those in the trash too: they can be restored."""
        files = (file for place in ("*", ".trash/*") for file in self.root.parent.glob(f"{place}/config.json"))
        data = ((read_json(file) or {}).get("data") for file in files)
        return {str(values.get("table")) for values in data if isinstance(values, dict)}

    def _folder(self, table_id: str) -> Path:
        try:
            return folder_of(self.root, table_id, "table")
        except UnknownIdentifier:
            raise UnknownIdentifier(
                f"the table is not here, or no longer: those that runs learn are kept, and the last {KEPT} others. "
                "Drop its file on the page again, and begin a new run"
            ) from None
