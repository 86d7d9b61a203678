"""The report's charts: Vega-Lite as SVG, identical in every run, in the colours of the page's style."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import vl_convert
from sklearn.metrics import precision_recall_curve

from components.churn_model.examples import Flags, Floats
from components.train_churn_model.curve_bands import GRID, Band
from components.train_churn_model.metrics import RocCurve, calibration, lift_by_decile

Spec = dict[str, Any]
BLUE, ORANGE, GREY = "var(--strong)", "var(--orange)", "var(--soft)"
DASHED = {"strokeDash": [5, 3], "strokeWidth": 1.5}
PATCH = "M-1,-0.4h2v0.8h-2Z"  # a legend's symbol of an area
CONFIG = {
    "background": None,
    "font": "Liberation Sans",  # part of vl-convert: whatever fonts a machine has, a text's width is the same
    "padding": 2,
    "view": {"stroke": None},
    "mark": {"aria": False},
    "axis": {
        "labelColor": GREY,
        "titleColor": GREY,
        "titleFontWeight": "normal",
        "titleFontSize": 10,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFlush": False,
        "labelPadding": 5,
    },
    "axisY": {"domain": False, "ticks": False},
    "legend": {"labelColor": "var(--ink)", "columnPadding": 14, "offset": 10},
}


@dataclass(frozen=True)
class Layer:
    """One mark and its rows; with a name, the legend shows it."""

    mark: Spec
    rows: list[Spec]
    colour: str
    name: str = ""
    encoding: Spec = field(default_factory=dict)


def draw_roc(curve: RocCurve, band: Band) -> str:
    """Draw true against false positives, with the curve's confidence band."""
    model = _line(curve.false_positive_rate, curve.true_positive_rate, BLUE, "model")
    return _draw([_diagonal("random"), _band(band), model], "False positive rate", "True positive rate")


def draw_precision_recall(churned: Flags, probability: Floats, band: Band) -> str:
    """Draw precision against recall, with the curve's confidence band."""
    precision, recall, _ = precision_recall_curve(churned, probability)
    chosen = np.unique(np.linspace(0, len(recall) - 1, 200).astype(int))
    model = _line(recall[chosen], precision[chosen], BLUE, "model")
    return _draw(
        [_level(churned.mean(), GREY), _band(band), model],
        "Recall",
        "Precision",
        y={"scale": {"domain": [0, 1]}},
    )


def draw_calibration(churned: Flags, probability: Floats) -> str:
    """Draw actual against predicted churn; a dot's area is its share of customers."""
    predicted, actual, rows = calibration(churned, probability)
    size = {"size": {"field": "size", "type": "quantitative", "scale": None}}
    places = _rows(x=predicted, y=actual, size=400 * rows / rows.sum() + 12)
    layers = [
        _diagonal("perfect"),
        _line(predicted, actual, BLUE, "model", strokeWidth=1.5),
        Layer({"type": "circle", "opacity": 0.6}, places, BLUE, encoding=size),
    ]
    return _draw(layers, "Predicted churn probability", "Actual churn rate")


def draw_lift(churned: Flags, probability: Floats) -> str:
    """Draw each decile's churn rate relative to the overall rate."""
    lift = lift_by_decile(churned, probability)
    rows = _rows(x=np.arange(1, len(lift) + 1), y=lift)
    bars = Layer({"type": "bar", "width": {"band": 0.8}}, rows, BLUE)
    across = "Decile of customers, 1 = highest risk"
    axis = {"type": "ordinal", "axis": {"labelAngle": 0}}
    return _draw([bars, _level(1, ORANGE)], across, "Churn rate ÷ base rate", x=axis)


def draw_gain(churned: Flags, probability: Floats) -> str:
    """Draw the share of churners found among the customers at highest risk, by how many are contacted."""
    recall = np.cumsum(churned[np.argsort(-probability, kind="stable")]) / churned.sum()
    chosen = np.unique(np.linspace(0, len(recall) - 1, 200).astype(int))
    model = _line((chosen + 1) / len(recall), recall[chosen], BLUE, "model")
    return _draw([_diagonal("random"), model], "Share of customers, highest risk first", "Recall")


def draw_backtest(dates: list[str], predicted: list[float], churned: list[float]) -> str:
    """Draw the mean prediction and the actual outcome, cut-off by cut-off."""
    layers = [
        _line(dates, predicted, BLUE, "predicted", point=True),
        _line(dates, churned, ORANGE, "actual", point=True),
    ]
    fitting = {"labelFlush": True, "labelOverlap": True, "labelSeparation": 12}
    labels = {"format": "%Y-%m-%d", "values": dates} | fitting
    axis = {"type": "temporal", "scale": {"type": "utc"}, "axis": labels}
    return _draw(layers, "Cut-off", "Churn rate", x=axis, y={"scale": {"zero": False}})


def draw_scores(churned: Flags, probability: Floats) -> str:
    """Draw the distribution of the probabilities of those who churned and of those who stayed."""
    edges = np.linspace(0, 1, 26)
    active, all_of = (np.histogram(kept, edges)[0] for kept in (probability[~churned], probability))
    over = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    stacked = [(0 * active, active, BLUE, "active"), (active, all_of, ORANGE, "churned")]
    layers = [
        Layer({"type": "rect"}, _rows(x=edges[:-1], x2=edges[1:], y=high, y2=low), colour, name, over)
        for low, high, colour, name in stacked
    ]
    return _draw(layers, "Predicted churn probability", "Customers")


def draw_importance(importance: dict[str, float]) -> str:
    """Draw the fall in ROC AUC for each family of features, largest on top."""
    bars = Layer({"type": "bar"}, _rows(x=list(importance.values()), y=list(importance)), BLUE)
    names = {"type": "nominal", "sort": None, "axis": {"labelLimit": 0}}
    height = {"step": 18}
    return _draw([bars], "Drop in ROC AUC when shuffled", None, y=names, height=height)


def _rows(**columns: Any) -> list[Spec]:
    lists = (np.asarray(column).tolist() for column in columns.values())
    return [dict(zip(columns, row, strict=True)) for row in zip(*lists, strict=True)]


def _line(x: Any, y: Any, colour: str, name: str, **mark: Any) -> Layer:
    order = {"order": None}  # as the rows come
    return Layer({"type": "line", "strokeWidth": 2} | mark, _rows(x=x, y=y), colour, name, order)


def _diagonal(name: str) -> Layer:
    return _line([0, 1], [0, 1], GREY, name, **DASHED)


def _level(y: float, colour: str) -> Layer:
    return Layer({"type": "rule"} | DASHED, [{"y": float(y)}], colour, "base rate", {"x": None})


def _band(band: Band) -> Layer:
    mark = {"type": "area", "opacity": 0.25}
    return Layer(mark, _rows(x=GRID, y=band.low, y2=band.high), BLUE, "95%", {"y2": {"field": "y2"}})


def _draw(
    layers: list[Layer],
    across: str,
    up: str | None,
    x: Spec | None = None,
    y: Spec | None = None,
    height: int | Spec = 250,
) -> str:
    axis = {"type": "quantitative", "axis": {"tickCount": 6}}
    colour = _colour({layer.name: layer for layer in layers if layer.name})
    spec = {
        "width": 360,
        "height": height,
        "autosize": {"type": "fit" if isinstance(height, int) else "fit-x", "contains": "padding"},
        "encoding": {
            "x": {"field": "x", "title": across} | axis | (x or {}),
            "y": {"field": "y", "title": up} | axis | (y or {}),
        },
        "layer": [
            {
                "data": {"values": layer.rows},
                "mark": layer.mark | {"color": layer.colour},
                "encoding": layer.encoding
                | ({"color": colour | {"datum": layer.name}} if layer.name else {}),
            }
            for layer in layers
        ],
    }
    return vl_convert.vegalite_to_svg(spec, config=CONFIG)


def _colour(named: dict[str, Layer]) -> Spec:
    """Return the encoding of the layers' colours, with a legend whose symbols look like the layers' marks."""

    def each(value: Callable[[Spec], Any]) -> Spec:
        values = {name: value(layer.mark) for name, layer in named.items()}
        return {"expr": f"({json.dumps(values)})[datum.label]"}

    legend = {
        "title": None,
        "orient": "top",
        "symbolType": each(lambda mark: "stroke" if mark["type"] in ("line", "rule") else PATCH),
        "symbolDash": each(lambda mark: mark.get("strokeDash", [1, 0])),
        "symbolOpacity": each(lambda mark: mark.get("opacity", 1)),
        "symbolSize": 200,
        "symbolStrokeWidth": 2,
    }
    colours = {"domain": list(named), "range": [layer.colour for layer in named.values()]}
    return {"scale": colours, "legend": legend}
