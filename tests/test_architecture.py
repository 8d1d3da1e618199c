"""Imports go one way, and the web process stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "boltzmann"
LAYERS = [
    {"config", "redaction", "settings"},
    {"archives", "data", "graphs", "tables"},
    {"models", "samplers"},
    {"training", "evaluation", "benchmarks", "loopback"},
    {"runs"},
    {"ui", "cli"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FILES = sorted(SOURCE.rglob("*.py"))


def imports(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write absolute imports"
            yield node.module or ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_imports_go_one_way(file):
    own = file.relative_to(SOURCE).parts[0].removesuffix(".py")
    for name in imports(file):
        top, *rest = name.split(".")
        if top == "boltzmann" and rest and own != "__init__":
            assert rest[0] == own or LEVEL[rest[0]] <= LEVEL[own], f"{file} imports {name}"
        if top in ("dash", "dash_mantine_components", "plotly"):
            assert own == "ui", f"{file} imports {name}"
        if top in ("dynex", "dwave.system", "dwave.cloud"):
            served = own == "loopback" and name.startswith("dynex.proto")
            assert own == "samplers" or served, f"{file} imports {name}"


@pytest.mark.parametrize("module", ["boltzmann.ui.app", "boltzmann.runs.engine", "boltzmann.cli"])
def test_the_web_process_never_loads_torch_or_a_cloud_client(module):
    heavy = ("torch", "dynex", "dwave.cloud", "dwave.system", "sklearn")
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
