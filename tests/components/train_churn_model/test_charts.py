"""The report's charts: what they show, in the page's colours, alike everywhere and legible on any screen."""

import os
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from components.shared.pages import FOLDER, write_page
from components.train_churn_model import charts
from components.train_churn_model.curve_bands import resample_curves
from components.train_churn_model.metrics import roc_points

CUTOFFS = [f"2026-{month:02}-28" for month in range(1, 13)]
RATES = np.linspace(0.31, 0.36, len(CUTOFFS)).tolist()
FALLS = {"silence": 0.18, "spend": 0.02, "season": 0.0, "frequency": -0.001}


def draw_all() -> dict[str, str]:
    generator = np.random.default_rng(5)
    probability = generator.beta(1, 2, 1000)
    churned = generator.random(1000) < probability
    roc_band, precision_band = resample_curves(churned, probability)
    return {
        "roc": charts.draw_roc(roc_points(churned, probability), roc_band),
        "precision_recall": charts.draw_precision_recall(churned, probability, precision_band),
        "calibration": charts.draw_calibration(churned, probability),
        "lift": charts.draw_lift(churned, probability),
        "gain": charts.draw_gain(churned, probability),
        "scores": charts.draw_scores(churned, probability),
        "importance": charts.draw_importance(FALLS),
        "backtest": charts.draw_backtest(CUTOFFS, RATES, RATES[::-1]),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return draw_all()


def texts(svg: str) -> list[str]:
    return [str(one.text) for one in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314


def marks(svg: str, layer: int) -> list[str]:
    """Return the paths of a layer's marks."""
    [group] = re.findall(rf"layer_{layer}_marks[ \"].*?</g>", svg)
    return re.findall(r' d="([^"]+)"', group)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roc", {"False positive rate", "True positive rate", "random", "95%", "model"}),
        ("precision_recall", {"Recall", "Precision", "base rate", "95%", "model"}),
        ("calibration", {"Predicted churn probability", "Actual churn rate", "perfect", "model"}),
        ("lift", {"Decile of customers, 1 = highest risk", "Churn rate ÷ base rate", "base rate", "1", "10"}),
        ("gain", {"Share of customers, highest risk first", "Recall", "random", "model"}),
        ("scores", {"Predicted churn probability", "Customers", "active", "churned"}),
        ("importance", {"Drop in ROC AUC when shuffled", *FALLS}),
        ("backtest", {"Cut-off", "Churn rate", "predicted", "actual", "2026-01-28"}),
    ],
)
def test_titles_names_and_labels_are_text(drawn: dict[str, str], name: str, expected: set[str]) -> None:
    assert expected <= set(texts(drawn[name]))


def test_every_colour_is_one_of_the_page(drawn: dict[str, str]) -> None:
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', "".join(drawn.values())))
    style = (FOLDER / "page.html").read_text()
    known = {f"var({name})" for name in re.findall(r"(--\w+):", style)}
    assert {"var(--strong)", "var(--orange)", "var(--ink)"} <= used <= known | {"none", "transparent"}


def test_they_are_the_same_in_another_process_and_zone_and_small(drawn: dict[str, str]) -> None:
    code = f"import sys; from {__name__} import draw_all; sys.stdout.write(''.join(draw_all().values()))"
    there = os.environ | {"TZ": "America/New_York", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        command, env=there, cwd=root, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "".join(drawn.values())
    assert len(done.stdout) < 150_000


def test_texts_are_measured_in_the_font_of_vl_convert(drawn: dict[str, str]) -> None:
    assert set(re.findall(r'font-family="([^"]+)"', "".join(drawn.values()))) == {"Liberation Sans"}


def test_a_dots_area_is_its_share_of_customers() -> None:
    probability = np.repeat([0.15, 0.75], [300, 100])
    svg = charts.draw_calibration(np.tile([True, False], 200), probability)
    radii = [float(re.search(r"A([\d.]+),", path)[1]) for path in marks(svg, 2)]  # type: ignore[index]
    assert [(2 * radius) ** 2 for radius in radii] == pytest.approx(
        [400 * 0.75 + 12, 400 * 0.25 + 12], rel=0.01
    )


def test_bars_are_as_high_as_the_deciles_lifts() -> None:
    """100 customers, of whom 20 churned: 8 of the riskiest ten, 4 each of the next three."""
    churned = np.zeros(100, dtype=bool)
    for decile, count in enumerate([8, 4, 4, 4]):
        churned[10 * decile : 10 * decile + count] = True
    svg = charts.draw_lift(churned, np.linspace(0.99, 0.01, 100))
    heights = [float(path.split("v")[1].split("h")[0]) for path in marks(svg, 0)]
    assert heights == pytest.approx([heights[0] * share for share in (1, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0)])
    level = re.search(
        r'layer_1_marks.*?<line aria-hidden="true" transform="translate\([\d.]+,([\d.]+)\)"', svg
    )
    assert level
    assert float(level[1]) == pytest.approx(heights[0] * 3 / 4)  # from the top, where the first bar ends


def test_the_churned_are_stacked_on_the_active() -> None:
    """In the first 25th of the scale, 6 are active and 2 churned; in the last, 4 churned."""
    probability = np.repeat([0.01, 0.99], [8, 4])
    svg = charts.draw_scores(np.repeat([False, True], 6), probability)
    heights = [[float(path.split("v")[1].split("h")[0]) for path in marks(svg, layer)] for layer in (0, 1)]
    one = heights[0][0] / 6
    assert [heights[0][0], heights[1][0], heights[0][-1], heights[1][-1]] == pytest.approx(
        [6 * one, 2 * one, 0, 4 * one]
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_no_text_is_cut_off_or_runs_into_another(
    drawn: dict[str, str], tmp_path: Path, page: Any, width: int
) -> None:
    figures = "".join(f"<figure><figcaption>{name}</figcaption>{svg}</figure>" for name, svg in drawn.items())
    template = tmp_path / "charts.html"
    head = '{% extends "page.html" %}{% block content %}<div class="charts">'
    template.write_text(f"{head}{figures}</div>{{% endblock %}}")
    write_page(tmp_path / "page.html", template)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    place = "one => { const r = one.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; }"
    for figure in page.locator("figure").all():
        edge = figure.evaluate(place)
        found = figure.locator('text:not([opacity="0"])').evaluate_all(f"all => all.map({place})")
        assert all(edge[0] < one[0] and one[2] < edge[2] and one[3] < edge[3] for one in found)
        assert not [(one, other) for one, other in combinations(found, 2) if overlap(one, other)]


def overlap(one: list[float], other: list[float]) -> bool:
    return all(one[side] < other[side + 2] and other[side] < one[side + 2] for side in (0, 1))
