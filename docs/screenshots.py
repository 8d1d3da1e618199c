"""Pictures of every page, at two widths and in two schemes, into docs/screenshots: ``make screenshots``.

Trains what there is to show (some minutes), starts an app of its own on it, and takes the pictures with Chromium. With
``--url``, ``--run``, ``--lab`` and ``--study`` an app that runs already is taken instead.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from boltzmann.config import PRESETS, RBM_PRESETS, changed
from boltzmann.config.studies import READY_MADE, narrowed
from boltzmann.runs.store import RunStore
from boltzmann.runs.studies import StudyStore
from boltzmann.settings import ROOT, Settings
from boltzmann.ui.learn.topics import TOPICS

FOLDER = Path(__file__).parent / "screenshots"
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}
QUALITY = 78
"""Of WebP: letters stay sharp, and all pictures together below 4 MB."""
LONG = 300_000
TWO = ((0.34, 0.34), (0.42, 0.26), (0.55, 0.25), (0.63, 0.34), (0.6, 0.46), (0.48, 0.58), (0.36, 0.72), (0.66, 0.72))


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description="Take pictures of every page.")
    parser.add_argument("--url", help="an app that runs already, in place of one of its own")
    parser.add_argument("--run", help="a run of the Studio in that app's store")
    parser.add_argument("--lab", help="a run of the lab")
    parser.add_argument("--study", help="a comparison of the lab")
    parser.add_argument("--only", nargs="*", help="names of the pages to take")
    flags = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        if flags.url:
            take(flags.url, addresses(flags.run, flags.lab, flags.study), flags.only)
        else:
            settings = Settings.find(runs=folder)
            shown = addresses(*train(settings))
            with own_app(settings) as url:
                take(url, shown, flags.only)
    print(f"{sum(path.stat().st_size for path in FOLDER.iterdir()) / 1e6:.1f} MB in {FOLDER}")


def addresses(run: str | None, lab: str | None, study: str | None) -> dict[str, tuple[str, str]]:
    """Of each page: its address, and a place that is filled when the page has come to rest."""
    pages = {
        "studio": ("/", "#welcome-caption >> text=just now"),
        "run": (f"/?run={run}", ".losses .scatterlayer .trace >> nth=0") if run else None,
        "generate": ("/generate", "#draw"),
        "inside": ("/inside", "#lower-output[src^=data]"),
        "compare": ("/compare", ".sampler-choices"),
        "runs": ("/runs", "[data-run] >> nth=0") if run else None,
        "samplers": ("/samplers", ".sampler-card >> nth=0"),
        "lab": ("/lab", "#lab-train-demo"),
        "lab-run": (f"/lab?run={lab}", ".lab-curves .scatterlayer .trace >> nth=0") if lab else None,
        "lab-compare": ("/lab/compare", "#own-start"),
        "lab-study": (f"/lab/compare?study={study}", "#study-plots .scatterlayer .trace >> nth=0") if study else None,
        "lab-play": ("/lab/play?machine=shipped:rbm-labels&show=draw", "#draw-pad"),
        "learn": ("/learn", ".learn-card mjx-container >> nth=0"),
        "learn-topic": (f"/learn/{next(iter(TOPICS))}", ".learn-play .main-svg >> nth=0"),
        "presenter": ("/inside?present=1", "#lower-output[src^=data]"),
    }
    return {name: page for name, page in pages.items() if page}


def train(settings: Settings) -> tuple[str, str, str]:
    """A run of the Studio, one of the lab and a comparison, trained here and now. Returns their identifiers."""
    from boltzmann.runs.jobs import train_run
    from boltzmann.runs.rbm_jobs import train_rbm

    store, studies = RunStore(settings.runs), StudyStore.beside(settings.runs)
    mnist = (settings.data / "MNIST").is_dir()
    preset = PRESETS["demo"]
    run = store.create(preset if mnist else changed(preset, {"data.dataset": "digits"}), "My first run")
    lab = store.create(RBM_PRESETS["mnist" if mnist else "digits"], "Strokes")
    study = READY_MADE["mode-assisted"]
    study_id = studies.create(narrowed(study, [study.panels[0].title], 3))
    print("Training what will be shown: some minutes.", flush=True)
    states = [train_run(run, settings), train_rbm(lab, settings)]
    states += [train_rbm(member.run, settings) for member in studies.members(study_id)]
    if set(states) != {"finished"}:
        sys.exit(f"Not all runs came to their end: {states}. Look into {settings.runs}, mend it, and start again.")
    return run, lab, study_id


@contextmanager
def own_app(settings: Settings) -> Iterator[str]:
    """An app on those runs and a free port; its address."""
    command = [sys.executable, "app.py", "--port", "0", "--data", str(settings.data), "--runs", str(settings.runs)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    line = process.stdout.readline()
    if "http://" not in line:
        sys.exit("The app did not start: try make run to see why.")
    try:
        yield line.split()[-1]
    finally:
        process.terminate()
        process.wait(timeout=60)


def take(url: str, pages: dict[str, tuple[str, str]], only: list[str] | None) -> None:
    """Pictures of the pages, each at both widths and in both schemes."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for name, (address, filled) in pages.items():
            if only and name not in only:
                continue
            for width in WIDTHS:
                page = open_page(browser, url + address, WIDTHS[width])
                page.locator(filled).wait_for(state="attached", timeout=LONG)
                prepare(page, name)
                for scheme in ("light", "dark"):
                    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    save(page, f"{name}-{width}-{scheme}")
                page.context.close()
        browser.close()


def open_page(browser: Browser, url: str, size: tuple[int, int]) -> Page:
    """A new tab of that size."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce").new_page()
    page.goto(url)
    return page


def prepare(page: Page, name: str) -> None:
    """What a visitor would do before there is something to see."""
    if name == "generate":
        page.locator("#draw").click()
        page.locator("#chip .legend").wait_for(timeout=LONG)
        page.locator("#picker").focus()
        page.keyboard.press("ArrowRight")
        page.evaluate("() => document.activeElement.blur()")
    elif name == "compare":
        page.get_by_role("button", name="Compare", exact=True).click()
        page.locator("#compare-progress", has_text="Done").wait_for(timeout=LONG)
    elif name == "lab-play":
        draw(page)
    if name != "generate":
        page.evaluate("() => window.scrollTo(0, 0)")


def draw(page: Page) -> None:
    """A two on the pad, and wait until it has been read."""
    box = page.locator("#draw-pad").bounding_box()
    assert box is not None
    page.mouse.move(*at(box, TWO[0]))
    page.mouse.down()
    for point in TWO[1:]:
        page.mouse.move(*at(box, point), steps=8)
    page.mouse.up()
    page.locator("#draw-answer .bar").first.wait_for(timeout=LONG)


def at(box: FloatRect, point: tuple[float, float]) -> tuple[float, float]:
    """A point of the page, from shares of a box's sides."""
    return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]


def save(page: Page, name: str) -> None:
    """A picture of what the tab shows."""
    page.wait_for_timeout(1500)  # figures are drawn in the new colours
    path = FOLDER / f"{name}.webp"
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, quality=QUALITY, method=6)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
