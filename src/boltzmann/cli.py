"""The command line: the same abilities as the page, without a browser."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from boltzmann.config import PRESETS, SAMPLER_CONFIGS, ConfigError, RunConfig, validate, validate_json, validate_sampler
from boltzmann.runs.files import StoreError
from boltzmann.runs.models import ModelEntry, list_models, resolve
from boltzmann.runs.sampler_words import sampler_words, verdict
from boltzmann.runs.store import RunStore
from boltzmann.settings import PATIENT_THREADS, Settings

MOST_DIGITS = 100_000


class UsageError(ValueError):
    """What was asked for cannot be done; the message says why and what can."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0 done, 1 failed, 2 not understood, 130 stopped by Ctrl-C."""
    flags = _parser().parse_args(arguments)
    # Threads that spin while they wait slow a shared machine down; read when torch is loaded.
    for name, value in PATIENT_THREADS.items():
        os.environ.setdefault(name, value)
    settings = Settings.find(flags.data, flags.runs)
    try:
        return flags.command(flags, settings, RunStore(settings.runs))
    except (UsageError, ConfigError, StoreError, OSError) as error:
        print(f"boltzmann: {error}", file=sys.stderr)
        return 2


def train(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train a new run."""
    config = validate_json(Path(flags.config).read_text("utf-8")) if flags.config else PRESETS[flags.preset]
    config = _changed(config, flags.set)
    run_id = store.create(config, flags.name or flags.preset)
    return _follow(run_id, flags, settings, store)


def resume(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Go on with a run that was stopped, interrupted or finished."""
    if flags.epochs:
        store.extend(flags.run, flags.epochs)
    if store.status(flags.run).active:
        raise UsageError(f"run {flags.run} is being trained now: stop it first")
    store.clear_stop(flags.run)
    return _follow(flags.run, flags, settings, store)


def generate(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Draw digits from a model into a PNG or .npz file."""
    entry = _model(flags.model, settings, store)
    out = Path(flags.out)
    if out.suffix not in (".png", ".npz"):
        raise UsageError(f"--out is {out.name!r}: its name must end in .png or .npz")
    if not 1 <= flags.count <= MOST_DIGITS:
        raise UsageError(f"--count is {flags.count}: allowed are 1 to {MOST_DIGITS:,}")
    chosen = entry.config.sampler.model_dump() if flags.sampler in (None, entry.config.sampler.name) else {}
    changes = {name.removeprefix("sampler."): value for name, value in _pairs(flags.set).items()}
    sampler = validate_sampler({**chosen, "name": flags.sampler or entry.config.sampler.name, **changes})

    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers import create
    from boltzmann.samplers.base import SamplerError

    model = StoredModel.load(entry.folder)
    begun = time.perf_counter()
    try:
        samples, labels = model.sample(create(sampler, seed=flags.seed), flags.count, flags.digit)
    except (SamplerError, ValueError) as error:
        raise UsageError(str(error)) from error
    images = model.decode(samples.spins).numpy()
    facts = {
        "model": entry.key,
        "sampler": sampler.model_dump(),
        "count": flags.count,
        "seconds": round(time.perf_counter() - begun, 3),
        "sampling_seconds": round(samples.seconds, 3),
        "mean_energy": round(samples.energies.mean().item(), 4),
        "info": samples.info,
        "out": str(out),
    }
    if out.suffix == ".npz":
        import numpy as np

        asked: dict[str, Any] = {} if labels is None else {"labels": labels.numpy()}
        np.savez_compressed(out, images=images, spins=samples.spins.numpy(), energies=samples.energies.numpy(), **asked)
    else:
        from boltzmann.runs.pictures import generated_grid

        out.write_bytes(
            generated_grid((images * 255).round().astype("uint8"), in_turn=labels is not None and flags.digit is None)
        )

    def show() -> None:
        print(f"{flags.count} digits in {facts['seconds']} s: {out}")
        print(sampler_words(samples.info, sampler.name))

    _say(flags, facts, show)
    return 0


def export(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Write a trained run as a model folder with its card and samples."""
    from boltzmann.runs.export import export_model

    entry = _model(flags.model, settings, store)
    folder = Path(flags.out)
    command = flags.made_by or f"boltzmann train --config {folder.name}/config.json"
    evaluation = None
    if flags.evaluation:
        try:
            evaluation = json.loads(Path(flags.evaluation).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--evaluation is {flags.evaluation}: it must be what `boltzmann evaluate --json` printed"
            ) from error
    facts = export_model(entry, folder, settings, flags.title or folder.name, command, evaluation)
    _say(
        flags,
        {"model": entry.key, "out": str(folder), **facts},
        lambda: print(f"{folder}: test MSE {facts['test_mse']}"),
    )
    return 0


def evaluate(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Measure how good a model's digits are, beside MNIST's test images."""
    from boltzmann.evaluation.model import evaluate_model
    from boltzmann.evaluation.reference import EvaluationError, references
    from boltzmann.evaluation.tables import tables
    from boltzmann.models.stored import StoredModel
    from boltzmann.samplers.base import SamplerError

    entry = _model(flags.model, settings, store)
    if not 1000 <= flags.digits <= MOST_DIGITS:
        raise UsageError(f"--digits is {flags.digits}: allowed are 1,000 to {MOST_DIGITS:,}")
    try:
        if entry.trained.get("data") == "digits":
            raise EvaluationError(f"{entry.key} was trained on the embedded digits; it can be judged beside MNIST only")
        measured_against = references(entry.config.data, settings.data)
        model = StoredModel.load(entry.folder)
        report = evaluate_model(model, measured_against, flags.digits, flags.seed, _progress)
    except (EvaluationError, SamplerError, ValueError) as error:
        raise UsageError(str(error)) from error
    _say(flags, {"model": entry.key, **report}, lambda: print(tables(report)))
    return 0


def train_classifier(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """Train the classifier in whose features digits are judged."""
    from boltzmann import data
    from boltzmann.config import DataConfig
    from boltzmann.evaluation.classifier_training import train_classifier

    if flags.epochs < 1:
        raise UsageError(f"--epochs is {flags.epochs}: at least 1 is needed")
    images = data.load(DataConfig(), settings.data)
    if images.source != "mnist":
        raise UsageError(images.notice or "MNIST is not at hand")
    facts = train_classifier(images, Path(flags.out), flags.epochs, flags.seed, _progress)
    _say(flags, {"out": flags.out, **facts}, lambda: print(f"{flags.out}: test accuracy {facts['test_accuracy']:.2%}"))
    return 0


def runs(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """List the runs, newest first."""
    rows = [{"run": run_id, "name": store.name(run_id), **store.status(run_id).as_dict()} for run_id in store.ids()]

    def show() -> None:
        if not rows:
            print(f"no runs in {settings.runs} yet: boltzmann train --preset demo")
            return
        table = Table("run", "name", "state", "steps", "sampler", *LOSSES)
        for row in rows:
            losses = [f"{row['metrics'][key]:.4f}" if row["metrics"].get(key) is not None else "" for key in LOSSES]
            steps = f"{row['step']}/{row['total_steps']}"
            table.add_row(row["run"], _plain(row["name"]), row["state"], steps, row["sampler"], *losses)
        Console().print(table)

    _say(flags, rows, show)
    return 0


def samplers(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:  # noqa: ARG001 - one signature
    """List the samplers and what they can do."""
    from boltzmann.samplers import capabilities, names

    rows = [{"sampler": name, **asdict(capabilities(name))} for name in names()]

    def show() -> None:
        table = Table("sampler", "title", "what it does", "cost")
        for row in rows:
            table.add_row(row["sampler"], row["title"], row["description"], row["cost"])
        Console().print(table)

    _say(flags, rows, show)
    return 0


def bench(flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Measure the samplers on this machine, beside other people's: some minutes with nothing else running."""
    if flags.threads is not None and flags.threads < 1:
        raise UsageError(f"--threads is {flags.threads}: use 1 or more")
    from boltzmann.benchmarks.plan import FULL, QUICK
    from boltzmann.benchmarks.samplers import measure
    from boltzmann.benchmarks.table import show
    from boltzmann.benchmarks.threads import available

    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    trained = next((entry.folder for entry in list_models(settings, store) if entry.key == BENCHED), None)
    if trained is None:
        say(f"no model {BENCHED} in {settings.models}: what needs a trained prior is left out")
    found = measure(QUICK if flags.quick else FULL, flags.threads or available(), trained, say)
    _say(flags, found, lambda: show(found, Console(width=100)))
    return 0


BENCHED = "shipped:standard"
LOSSES = ("mse", "mmd", "kl", "nll")


def _follow(run_id: str, flags: argparse.Namespace, settings: Settings, store: RunStore) -> int:
    """Train in this process, show how far it is, and let Ctrl-C stop it at a checkpoint."""
    from boltzmann.runs.jobs import train_run

    worker = threading.Thread(target=train_run, args=(run_id, settings), name="training")
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[losses]}")
    console = Console(stderr=True)
    with (
        Progress(
            *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
        ) as bar,
        _stopping_on_ctrl_c(store, run_id),
    ):
        task = bar.add_task("starting", total=None, losses="")
        chains, cursor = None, store.read_events(run_id)[1]
        worker.start()
        while worker.is_alive():
            worker.join(0.2)
            events, cursor = store.read_events(run_id, cursor)
            chains = _say_verdict(events, chains, console)
            status = store.status(run_id)
            losses = "  ".join(f"{key} {status.metrics[key]:.4f}" for key in LOSSES if status.metrics.get(key))
            running = status.step and status.state != "stopping"
            words = f"epoch {status.epoch:.1f}/{status.epochs}" if running else status.message or status.state
            bar.update(task, description=words, completed=status.step, total=status.total_steps or None, losses=losses)
    status = store.status(run_id)
    facts = {"run": run_id, "state": status.state, "steps": status.step, "seconds": round(status.seconds, 2)}
    facts |= {"losses": status.metrics, "chains": chains, "error": status.error}

    def show() -> None:
        if status.error:
            print(f"{status.error['title']}: {status.error['cause']}\n{status.error['mend']}", file=sys.stderr)
        print(f"run {run_id}: {status.state} after {status.step} steps, {status.seconds:.1f} s; {store.folder(run_id)}")

    _say(flags, facts, show)
    return {"finished": 0, "stopped": 130}.get(status.state, 1)


def _say_verdict(events: Iterable[dict[str, Any]], before: str | None, console: Console) -> str | None:
    """Print the sampler's verdict where it differs from the one ``before``. Returns the last."""
    for event in events:
        info = (event.get("info") or {}) if event.get("kind") == "sampler" else {}
        found = verdict(info)
        if found and found != before:
            words = f"step {event['step']:,}: {sampler_words(info, 'gibbs')}"
            console.print(words, markup=False, highlight=False, soft_wrap=True)
            before = found
    return before


@contextmanager
def _stopping_on_ctrl_c(store: RunStore, run_id: str) -> Iterator[None]:
    """The first Ctrl-C asks the run to stop at a checkpoint; a second one ends the process."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's signature
        store.request_stop(run_id)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _model(name: str, settings: Settings, store: RunStore) -> ModelEntry:
    if ":" in name:
        return resolve(name, settings, store)
    folder = Path(name)
    if folder.name != name and folder.is_dir():
        settings, name = replace(settings, models=folder.resolve().parent), folder.resolve().name
    try:
        return resolve(f"run:{name}" if store.exists(name) else f"shipped:{name}", settings, store)
    except StoreError as error:
        known = ", ".join(entry.key for entry in list_models(settings, store)) or "none yet"
        raise UsageError(f"{error} (known: {known})") from error


def _changed(config: RunConfig, changes: Sequence[str]) -> RunConfig:
    values = config.model_dump()
    for name, value in _pairs(changes).items():
        *parents, last = name.split(".")
        part: dict[str, Any] = values
        for parent in parents:
            part = part.get(parent, {})
            if not isinstance(part, dict):
                raise UsageError(f"--set {name}: {parent} has no parts")
        if name == "sampler.name" and value in SAMPLER_CONFIGS and value != part["name"]:
            part.clear()  # another sampler has other settings
        part[last] = value
    return validate(values)


def _pairs(changes: Sequence[str]) -> dict[str, Any]:
    pairs = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise UsageError(f"--set {change!r}: write NAME=VALUE, such as training.epochs=5")
        try:
            pairs[name] = json.loads(text)
        except ValueError:
            pairs[name] = text
    return pairs


def _say(flags: argparse.Namespace, facts: Any, show: Callable[[], None]) -> None:
    if flags.json:
        print(json.dumps(facts), flush=True)
    else:
        show()


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _plain(name: str) -> str:
    # Square brackets are rich's markup; a run's name is only a name.
    return name.replace("[", "\\[")


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", help="folder that holds MNIST (default: BOLTZMANN_DATA, else ./data)")
    common.add_argument("--runs", help="folder of the runs (default: BOLTZMANN_RUNS, else ./runs)")
    common.add_argument("--json", action="store_true", help="print one line of JSON for machines")
    parser = argparse.ArgumentParser(prog="boltzmann", description="Boltzmann Studio on the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(command: Callable[..., int]) -> argparse.ArgumentParser:
        words = command.__doc__ or ""
        added = commands.add_parser(command.__name__.replace("_", "-"), parents=[common], help=words, description=words)
        added.set_defaults(command=command)
        return added

    one = add(train)
    source = one.add_mutually_exclusive_group()
    source.add_argument(
        "--preset", choices=list(PRESETS), default="demo", help="settings to start from (default: demo)"
    )
    source.add_argument("--config", metavar="FILE", help="a run's configuration, as downloaded from the page")
    one.add_argument("--name", default="", help="the run's name")
    one = add(resume)
    one.add_argument("run", help="identifier of the run, see boltzmann runs")
    one.add_argument("--epochs", type=int, default=0, help="continue for so many more epochs")
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
    one = add(export)
    one.add_argument("model", metavar="MODEL-OR-RUN", help="a run's identifier")
    one.add_argument("--out", required=True, metavar="FOLDER", help="models/NAME puts it beside the shipped models")
    one.add_argument("--title", help="the card's heading (default: the folder's name)")
    one.add_argument("--made-by", metavar="COMMAND", help="the command that trained it, for the card")
    one.add_argument("--evaluation", metavar="FILE", help="what `boltzmann evaluate --json` printed, for the card")
    one = add(evaluate)
    one.add_argument("model", metavar="MODEL-OR-RUN", help="a shipped model's name or a run's identifier")
    one.add_argument("--digits", type=int, default=10_000, help="drawn by each sampling (default: 10,000)")
    one.add_argument("--seed", type=int, default=0, help="the same seed gives the same figures")
    one = add(train_classifier)
    one.add_argument("--out", required=True, metavar="FOLDER", help="models/classifier replaces the shipped one")
    one.add_argument("--epochs", type=int, default=20, help="passes over the training images (default: 20)")
    one.add_argument("--seed", type=int, default=0, help="the same seed gives the same classifier")
    for command, example in (("train", "training.epochs=5"), ("generate", "sweeps=100")):
        commands.choices[command].add_argument(
            "--set", metavar="NAME=VALUE", action="append", default=[], help=f"change a setting: {example}"
        )
    add(runs)
    add(samplers)
    one = add(bench)
    one.add_argument("what", choices=["samplers"], help="what to measure")
    one.add_argument("--quick", action="store_true", help="a few seconds, rough numbers: shows that everything runs")
    one.add_argument("--threads", type=int, metavar="N", help="the most to use (default: all cores)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
