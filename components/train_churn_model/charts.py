"""The report's charts, as SVG that is identical in every run."""

import io
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from components.churn_model.examples import Flags, Floats
from components.train_churn_model.curve_bands import GRID, Band
from components.train_churn_model.metrics import RocCurve, calibration, lift_by_decile

BLUE, ORANGE, GREY = "#1f5f99", "#d9822b", "#9aa5b1"
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "svg.fonttype": "none",
    "svg.hashsalt": "winter-days",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e8ec",
}


def draw_roc(curve: RocCurve, band: Band) -> str:
    """Draw true against false positives, with the curve's confidence band."""
    figure, axes = _figure("False positive rate", "True positive rate")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="random")
    _fill(axes, band)
    axes.plot(curve.false_positive_rate, curve.true_positive_rate, color=BLUE, linewidth=2, label="model")
    axes.legend(loc="lower right")
    return _svg(figure)


def draw_precision_recall(churned: Flags, probability: Floats, band: Band) -> str:
    """Draw precision against recall, with the curve's confidence band."""
    precision, recall, _ = precision_recall_curve(churned, probability)
    chosen = np.unique(np.linspace(0, len(recall) - 1, 200).astype(int))
    figure, axes = _figure("Recall", "Precision")
    axes.axhline(churned.mean(), color=GREY, linestyle="--", label="base rate")
    _fill(axes, band)
    axes.plot(recall[chosen], precision[chosen], color=BLUE, linewidth=2, label="model")
    axes.set_ylim(0, 1.02)
    axes.legend(loc="lower left")
    return _svg(figure)


def draw_calibration(churned: Flags, probability: Floats) -> str:
    """Draw actual against predicted churn; a dot's area is its share of customers."""
    predicted, actual, rows = calibration(churned, probability)
    figure, axes = _figure("Predicted churn probability", "Actual churn rate")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="perfect")
    axes.plot(predicted, actual, color=BLUE, linewidth=1.5, label="model")
    axes.scatter(predicted, actual, s=400 * rows / rows.sum() + 12, color=BLUE, alpha=0.6)
    axes.legend(loc="upper left")
    return _svg(figure)


def draw_lift(churned: Flags, probability: Floats) -> str:
    """Draw each decile's churn rate relative to the overall rate."""
    lift = lift_by_decile(churned, probability)
    figure, axes = _figure("Decile of customers, 1 = highest risk", "Churn rate ÷ base rate")
    deciles = np.arange(1, len(lift) + 1)
    axes.bar(deciles, lift, color=BLUE)
    axes.axhline(1, color=ORANGE, linestyle="--", label="base rate")
    axes.set_xticks(deciles)
    axes.legend(loc="upper right")
    return _svg(figure)


def draw_gain(churned: Flags, probability: Floats) -> str:
    """Draw the share of churners found among the customers at highest risk, by how many are contacted."""
    recall = np.cumsum(churned[np.argsort(-probability, kind="stable")]) / churned.sum()
    chosen = np.unique(np.linspace(0, len(recall) - 1, 200).astype(int))
    figure, axes = _figure("Share of customers, highest risk first", "Recall")
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", label="random")
    axes.plot((chosen + 1) / len(recall), recall[chosen], color=BLUE, linewidth=2, label="model")
    axes.legend(loc="lower right")
    return _svg(figure)


def draw_backtest(dates: list[str], predicted: list[float], churned: list[float]) -> str:
    """Draw the mean prediction and the actual outcome, cut-off by cut-off."""
    figure, axes = _figure("Cut-off", "Churn rate")
    axes.plot(dates, predicted, color=BLUE, marker="o", label="predicted")
    axes.plot(dates, churned, color=ORANGE, marker="o", label="actual")
    axes.legend()
    return _svg(figure)


def draw_scores(churned: Flags, probability: Floats) -> str:
    """Draw the distribution of the probabilities of those who churned and of those who stayed."""
    figure, axes = _figure("Predicted churn probability", "Customers")
    edges = np.linspace(0, 1, 26).tolist()
    axes.hist(
        [probability[~churned], probability[churned]],
        bins=edges,
        stacked=True,
        color=[BLUE, ORANGE],
        label=["active", "churned"],
    )
    axes.legend()
    return _svg(figure)


def draw_importance(importance: dict[str, float]) -> str:
    """Draw the fall in ROC AUC for each family of features, largest on top."""
    names = list(importance)
    figure, axes = _figure("Drop in ROC AUC when shuffled", "", 1 + 0.2 * len(names))
    axes.barh(names[::-1], [importance[name] for name in names[::-1]], color=BLUE)
    return _svg(figure)


def _fill(axes: Axes, band: Band) -> None:
    axes.fill_between(GRID, band.low, band.high, color=BLUE, alpha=0.25, linewidth=0, label="95%")


def _figure(across: str, up: str, inches: float = 3.6) -> tuple[Figure, Axes]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.2, inches), layout="constrained")
        axes = figure.add_subplot()
        axes.set_xlabel(across)
        axes.set_ylabel(up)
    return figure, axes


def _svg(figure: Figure) -> str:
    for legend in [axes.get_legend() for axes in figure.axes]:
        if legend is not None:
            legend.set_frame_on(False)
    image = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(image, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = image.getvalue()
    return text[text.index("<svg") :]
