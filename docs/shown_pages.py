"""The pages of which there are pictures: their addresses, when they are filled, and what a visitor would do on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import FloatRect, Page
from shown_runs import Trained

LONG = 240_000
DRAWN = ".scatterlayer .trace"
TWO = ((0.34, 0.34), (0.42, 0.26), (0.55, 0.25), (0.63, 0.34), (0.6, 0.46), (0.48, 0.58), (0.36, 0.72), (0.66, 0.72))
"""A two, as shares of the pad."""
SPIN = """i => {
  const canvas = document.getElementById("upper-chip"), box = canvas.getBoundingClientRect();
  const at = insideChip.scale("upper", canvas.clientWidth), graph = insideChip.rows.upper.graph;
  const zoom = box.width / canvas.clientWidth;
  return [box.x + zoom * at.x(graph.x[i]), box.y + zoom * at.y(graph.y[i])];
}"""
"""Where a spin of the upper chip is on the screen."""
TO_CHIP = """() => {
  const box = document.getElementById("upper-frame").getBoundingClientRect();
  if (box.top < 60 || box.bottom > innerHeight) window.scrollTo(0, box.top + scrollY - 76);
}"""
HEAT = """() => {
  const {graph, look} = window.insideChip.rows.upper;
  const change = (i) => parseFloat((look.words(i).match(/mean pixel by ([\\d.]+)/) || [])[1]);
  const heat = graph ? Array.from({length: graph.n}, (_none, i) => change(i)) : [NaN];
  return heat.some(Number.isNaN) ? null : heat;
}"""
"""By how much a flip of each spin of the upper chip changes a pixel, once all are known."""


@dataclass(frozen=True)
class Shown:
    """A page.

    Args:
        address: Path and query.
        filled: What is seen when the page is filled.
        deed: What a visitor does before there is something to see.
        top: What a phone is scrolled to; empty: nothing.
        last: Where the picture of a desk ends; empty: where the page ends.
        again: What is seen when the address that the deed led to is opened again; empty: the deed is to be done again.
    """

    address: str
    filled: str
    deed: Callable[[Page], None] | None = None
    top: str = ""
    last: str = ""
    again: str = ""


def shown_pages(trained: Trained) -> dict[str, Shown]:
    """By the names of their pictures; without those that have nothing to show."""
    run, others, lab, study = trained.run, trained.others, trained.lab, trained.study
    inside = "/inside?model=shipped:best&digit={}&seed={}&show={}"
    pages = {
        "studio": Shown("/", "#welcome-caption >> text=just now", last=".welcome"),
        "run": run and Shown(f"/?run={run}", f".losses {DRAWN}", top=".card:has(> .losses)", last=".run-main > .card"),
        "through-time": run and Shown(f"/?run={run}", f".losses {DRAWN}", through_time, ".time-panel", ".time-panel"),
        "generate": Shown("/generate", "#draw", generate, "#draw-result"),
        "inside": Shown(inside.format(3, 7, "matter"), "#lower-output[src^=data]", flip, ".stage.at-chip"),
        "inside-matter": Shown(inside.format(8, 4, "matter"), "#lower-output[src^=data]", matter, ".stage.at-chip"),
        "inside-walk": Shown(inside.format(2, 11, "walk"), "#lower-output[src^=data]", walk, ".stage.at-chip"),
        "compare": Shown("/compare", ".sampler-choices", compare, ".compared", again=".compared img"),
        "runs": run and Shown("/runs", "[data-run]"),
        "runs-compare": run
        and others
        and Shown(f"/runs/compare?runs={','.join([run, *others])}", f".overlay {DRAWN}", top=".overlay"),
        "samplers": Shown("/samplers", ".sampler-chip", looked, last=".sampler-list:not(.small)"),
        "lab": Shown("/lab", "#lab-train-demo"),
        "lab-run": lab
        and Shown(f"/lab?run={lab}", f".lab-curves {DRAWN}", top=".lab-curves", last=".card:has(> .lab-curves)"),
        "lab-compare": Shown("/lab/compare", "#own-start", last="#own-start"),
        "lab-study": study
        and Shown(f"/lab/compare?study={study}", f"#study-plots {DRAWN}", top=".card:has(#study-plots)"),
        "lab-adaptive-beta": Shown(
            "/lab/compare?study=shipped:adaptive-beta",
            f"#study-plots {DRAWN}",
            top=".card:has(#study-plots)",
            last=".card:has(h2:text-is('Inverse temperature'))",
        ),
        "lab-complete": Shown(
            "/lab/play?machine=shipped:rbm-mnist&show=complete",
            "#complete-result .tile",
            top=".card:has(#complete-result .tile), #complete-result",
        ),
        "lab-draw": Shown("/lab/play?machine=shipped:rbm-labels&show=draw", "#draw-pad", draw, ".card:has(#draw-pad)"),
        "learn": Shown("/learn", ".learn-card mjx-container"),
        "learn-dvae": Shown("/learn/dvae", ".learn-play .main-svg", top=".learn-play"),
        "presenter": Shown(inside.format(5, 2, "flip") + "&present=1", "#lower-output[src^=data]"),
        "shortcuts": Shown(
            "/inside?model=shipped:best&digit=3&seed=7", "#lower-output[src^=data]", shortcuts, last=".inside-head"
        ),
    }
    return {name: page for name, page in pages.items() if page}


def through_time(page: Page) -> None:
    """Open the run through time, in its middle."""
    page.locator("#time-open").click()
    page.locator("#time-step").wait_for(timeout=LONG)
    page.locator("#time-losses .main-svg").first.wait_for(timeout=LONG)
    page.locator("#time-step").press("Home")
    page.locator("#time-step").press("ArrowRight")


def generate(page: Page) -> None:
    """Draw digits, and choose one."""
    page.locator("#draw").click()
    page.locator("#chip .legend").wait_for(timeout=LONG)
    page.locator("#picker").focus()
    page.keyboard.press("ArrowRight")


def flip(page: Page) -> None:
    """Flip the spins that matter most."""
    page.locator(".thumb-button").nth(4).click()
    spins = strongest(page, 6)
    page.locator("#inside-show").get_by_text("Flip", exact=True).click()
    page.evaluate(TO_CHIP)
    for count, spin in enumerate(spins, 1):
        page.mouse.click(*page.evaluate(SPIN, spin))
        page.locator("#upper-legend", has_text=f"{count} flipped").wait_for(timeout=LONG)
    page.locator("#upper-words", has_text="by the flips").wait_for(timeout=LONG)


def strongest(page: Page, count: int) -> list[int]:
    """The spins whose flips change the digit most; their effects are on the page already."""
    heat = page.wait_for_function(HEAT, timeout=LONG).json_value()
    return sorted(range(len(heat)), key=lambda spin: -heat[spin])[:count]


def matter(page: Page) -> None:
    """Wait for the effect of every flip."""
    page.wait_for_function(HEAT, timeout=LONG)


def walk(page: Page) -> None:
    """Half the way to another digit."""
    page.locator("#inside-walk-words", has_text="0 of ").wait_for(timeout=LONG)
    thumb = page.locator("#inside-frame [role=slider]")
    for _ in range(24):
        thumb.press("ArrowRight")


def compare(page: Page) -> None:
    """Compare the samplers, by fewer reads than are offered: a picture shows as much of them."""
    page.locator("#compare-reads").fill("500")
    page.locator("#compare-reads").press("Tab")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#compare-progress", has_text="Done").wait_for(timeout=LONG)


def looked(page: Page) -> None:
    """Wait until every sampler has been looked at."""
    page.locator("#look-again[data-loading]").wait_for(state="detached", timeout=LONG)


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


def shortcuts(page: Page) -> None:
    """The sheet of shortcuts."""
    page.keyboard.press("?")
    page.locator("#help-sheet[open]").wait_for(timeout=LONG)


def at(box: FloatRect, point: tuple[float, float]) -> tuple[float, float]:
    """A point of the page, from shares of a box's sides."""
    return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]
