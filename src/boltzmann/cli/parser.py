"""The commands and their flags; a command's help is its function's docstring."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from boltzmann.cli import lab, lab_studies
from boltzmann.cli.bench import MEASURED, bench
from boltzmann.cli.compare import compare
from boltzmann.cli.evaluation import evaluate, train_classifier
from boltzmann.cli.lists import runs, samplers
from boltzmann.cli.loopback import NAMES, loopback
from boltzmann.cli.models import export, generate
from boltzmann.cli.training import resume, train
from boltzmann.config import PRESETS, RBM_PRESETS, SAMPLER_CONFIGS
from boltzmann.config.studies import READY_MADE, REDUCED
from boltzmann.loopback.faults import MODES
from boltzmann.runs.threads import MOST_LAB_WORKERS, lab_workers

Add = Callable[[Callable[..., int]], argparse.ArgumentParser]


def make_parser() -> argparse.ArgumentParser:
    """A parser whose flags hold their command's function as ``command``, called with flags, settings and store."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", help="folder that holds MNIST (default: BOLTZMANN_DATA, else ./data)")
    common.add_argument("--runs", help="folder of the runs (default: BOLTZMANN_RUNS, else ./runs)")
    common.add_argument("--json", action="store_true", help="print one line of JSON for machines")
    parser = argparse.ArgumentParser(prog="boltzmann", description="Boltzmann Studio on the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def adding(to: Any) -> Add:
        def add(command: Callable[..., int]) -> argparse.ArgumentParser:
            words, name = command.__doc__ or "", command.__name__.replace("_", "-")
            added = to.add_parser(name, parents=[common], help=words, description=words)
            added.set_defaults(command=command)
            return added

        return add

    add = adding(commands)
    _add_training(add)
    _add_models(add)
    _add_evaluation(add)
    _add_comparison(add)
    words = "Restricted Boltzmann machines: train, compare, evaluate, export."
    room = commands.add_parser("lab", help=words, description=words)
    _add_lab(adding(room.add_subparsers(required=True, metavar="COMMAND")))
    add(runs)
    one = add(samplers)
    one.add_argument("names", metavar="SAMPLER", nargs="*", help="of which (default: all)")
    _add_loopback(add)
    _add_bench(add)
    return parser


def _add_training(add: Add) -> None:
    one = add(train)
    source = one.add_mutually_exclusive_group()
    source.add_argument(
        "--preset", choices=list(PRESETS), default="demo", help="settings to start from (default: demo)"
    )
    source.add_argument("--config", metavar="FILE", help="a run's configuration, as downloaded from the page")
    source.add_argument(
        "--from", dest="start", metavar="MODEL-OR-RUN", help="begin with its weights: one epoch at a tenth of its rates"
    )
    source.add_argument("--replay", metavar="RUN", help="repeat a run on a service from its recorded answers")
    one.add_argument("--name", default="", help="the run's name")
    _add_set(one, "training.epochs=5")
    one = add(resume)
    one.add_argument("run", help="identifier of the run, see boltzmann runs")
    one.add_argument("--epochs", type=int, default=0, help="continue for so many more epochs")
    one.add_argument("--sampler", choices=list(SAMPLER_CONFIGS), help="go on with another sampler")
    _add_set(one, "max_calls=4000")


def _add_models(add: Add) -> None:
    one = add(generate)
    one.add_argument("model", metavar="MODEL-OR-RUN", help="a shipped model's name or a run's identifier")
    one.add_argument(
        "--sampler", choices=list(SAMPLER_CONFIGS), help="default: the one that the model was trained with"
    )
    one.add_argument("--count", type=int, default=64, help="number of digits (default: 64)")
    one.add_argument(
        "--digit", type=int, choices=range(10), help="of a model with class fields (default: each in turn)"
    )
    one.add_argument("--out", required=True, metavar="FILE", help=".png: a grid; .npz: images, spins, energies, labels")
    one.add_argument("--seed", type=int, default=0, help="the same seed draws the same digits")
    _add_set(one, "sweeps=100")
    one = add(export)
    one.add_argument("model", metavar="MODEL-OR-RUN", help="a run's identifier")
    one.add_argument("--out", required=True, metavar="FOLDER", help="models/NAME puts it beside the shipped models")
    one.add_argument("--title", help="the card's heading (default: the folder's name)")
    one.add_argument("--made-by", metavar="COMMAND", help="the command that trained it, for the card")
    one.add_argument("--evaluation", metavar="FILE", help="what `boltzmann evaluate --json` printed, for the card")


def _add_evaluation(add: Add) -> None:
    one = add(evaluate)
    one.add_argument("model", metavar="MODEL-OR-RUN", help="a shipped model's name or a run's identifier")
    one.add_argument("--digits", type=int, default=10_000, help="drawn by each sampling (default: 10,000)")
    one.add_argument("--seed", type=int, default=0, help="the same seed gives the same figures")
    one = add(train_classifier)
    one.add_argument("--out", required=True, metavar="FOLDER", help="models/classifier replaces the shipped one")
    one.add_argument("--epochs", type=int, default=20, help="passes over the training images (default: 20)")
    one.add_argument("--seed", type=int, default=0, help="the same seed gives the same classifier")


def _add_comparison(add: Add) -> None:
    one = add(compare)
    one.add_argument("model", metavar="MODEL-OR-RUN", help="a shipped model's name or a run's identifier")
    one.add_argument(
        "--samplers",
        default="gibbs,annealing,simulated_qpu",
        metavar="A,B,C",
        help=f"of {', '.join(SAMPLER_CONFIGS)} (default: gibbs,annealing,simulated_qpu)",
    )
    one.add_argument("--reads", type=int, default=2000, help="of each sampler, 64 to 10,000 (default: 2,000)")
    one.add_argument("--seed", type=int, default=0, help="the same seed draws the same reads, where a sampler repeats")
    _add_set(one, "annealing.sweeps=1000")


def _add_lab(add: Add) -> None:
    one = add(lab.train)
    source = one.add_mutually_exclusive_group()
    source.add_argument(
        "--preset", choices=list(RBM_PRESETS), default="bars", help="settings to start from (default: bars)"
    )
    source.add_argument("--config", metavar="FILE", help="a run's configuration, as downloaded from the page")
    one.add_argument("--table", metavar="FILE", help="CSV or NPZ: rows of 0 and 1 to learn")
    one.add_argument("--name", default="", help="the run's name")
    _add_set(one, "training.epochs=500")
    one = add(lab_studies.compare)
    one.add_argument("study", metavar="NAME|FILE|STUDY", help=f"{', '.join(READY_MADE)}; a study's JSON; one to go on")
    one.add_argument("--reduced", action="store_true", help=f"a minute's version, of {', '.join(REDUCED)}")
    one.add_argument("--panel", action="append", default=[], metavar="TITLE", help='only this one: "9 + 9"')
    one.add_argument("--seeds", type=int, metavar="N", help="runs of each arm (default: the study's)")
    most = f"runs side by side (default: cores, at most {MOST_LAB_WORKERS})"
    one.add_argument("--jobs", type=int, default=lab_workers(), metavar="N", help=most)
    _add_set(one, "training.epochs=500")
    one = add(lab_studies.export_study)
    one.add_argument("study", metavar="STUDY", help="identifier of a finished study")
    one.add_argument("--out", required=True, metavar="FOLDER", help="studies/NAME puts it beside the shipped ones")
    one.add_argument("--made-by", metavar="COMMAND", help="the command that made it, for the card")
    one.add_argument("--jobs", type=int, default=lab_workers(), metavar="N", help="fits side by side")
    one = add(lab.evaluate)
    one.add_argument("machine", metavar="MACHINE-OR-RUN", help="a shipped machine's name or a run's identifier")
    one.add_argument("--seed", type=int, default=0, help="the same seed gives the same figures")
    one = add(lab.export)
    one.add_argument("machine", metavar="MACHINE-OR-RUN", help="a run's identifier")
    one.add_argument("--out", required=True, metavar="FOLDER", help="models/rbm-NAME puts it beside the shipped ones")
    one.add_argument("--title", help="the card's heading (default: the folder's name)")
    one.add_argument("--made-by", metavar="COMMAND", help="the command that trained it, for the card")
    one.add_argument("--evaluation", metavar="FILE", help="what `boltzmann lab evaluate --json` printed, for the card")


def _add_loopback(add: Add) -> None:
    one = add(loopback)
    one.add_argument("service", choices=list(NAMES), help="whose service to simulate")
    one.add_argument("--port", type=int, default=0, help="of 127.0.0.1 (default: any free one)")
    one.add_argument("--topology", choices=["zephyr", "pegasus", "chimera"], help="of D-Wave's chip (default: zephyr)")
    one.add_argument("--size", type=int, metavar="M", help="the topology's parameter (default: zephyr 12, others 16)")
    one.add_argument("--inverse-temperature", type=float, metavar="BETA", help="hidden from clients (default: 6 or 2)")
    one.add_argument("--seed", type=int, default=0, help="of what is broken on the chip, and of the samples")
    one.add_argument("--fault", choices=list(MODES), help="a way to fail")
    one.add_argument("--after", type=int, default=0, metavar="N", help="answer so many problems well first")


def _add_bench(add: Add) -> None:
    one = add(bench)
    one.add_argument("what", choices=list(MEASURED), help="what to measure")
    one.add_argument("--quick", action="store_true", help="a few seconds, rough numbers: shows that everything runs")
    one.add_argument(
        "--threads", type=int, metavar="N", help="the most to use (default: all cores; training and lab: 1)"
    )


def _add_set(parser: argparse.ArgumentParser, example: str) -> None:
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help=f"change a setting: {example}")
