"""Lay tasks out in columns, left to right: each task is to the right of all that it waits for."""

import textwrap
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean

from localcloud.console.tasks import Task

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 160, 92, 18, 16, 2  # seven columns fit a laptop's screen
LANE = 14
TITLE_CHARACTERS = 20


@dataclass(frozen=True)
class Box:
    """A task's position, in pixels from the top left, and its title in at most two lines."""

    task: str
    title: list[str]
    x: int
    y: int


@dataclass(frozen=True)
class Drawing:
    """A graph as boxes and SVG paths, with its size in pixels."""

    width: int
    height: int
    boxes: list[Box]
    edges: list[str]


@dataclass
class _Layout:
    """The column of each task, and the heights of tasks and of edges that cross the columns between."""

    column: dict[str, int] = field(default_factory=dict)
    middle: dict[str, int] = field(default_factory=dict)
    lane: dict[tuple[str, str, int], int] = field(default_factory=dict)
    bottom: int = 0


def draw(tasks: list[Task]) -> Drawing:
    """Return the drawing of tasks given in topological order."""
    layout = _lay_out(tasks)
    boxes = [
        Box(
            task.name,
            textwrap.wrap(task.title, TITLE_CHARACTERS, max_lines=2, placeholder="…"),
            _left_edge(layout.column[task.name]),
            layout.middle[task.name] - HEIGHT // 2,
        )
        for task in tasks
    ]
    edges = [_path(name, task.name, layout) for task in tasks for name in task.after]
    right = _left_edge(max(layout.column.values(), default=0)) + WIDTH
    return Drawing(right + MARGIN, layout.bottom + MARGIN, boxes, edges)


def _lay_out(tasks: list[Task]) -> _Layout:
    layout = _Layout()
    columns: list[list[Task]] = []
    for task in tasks:
        column = 1 + max((layout.column[name] for name in task.after), default=-1)
        layout.column[task.name] = column
        columns += [[] for _ in range(column + 1 - len(columns))]
        columns[column].append(task)
    edges = [(name, task.name) for task in tasks for name in task.after]
    for number, column_tasks in enumerate(columns):
        passing = [edge for edge in edges if layout.column[edge[0]] < number < layout.column[edge[1]]]
        _stack(column_tasks, passing, number, layout)
    return layout


def _stack(tasks: list[Task], passing: list[tuple[str, str]], column: int, layout: _Layout) -> None:
    """Stack a column's tasks, ordered by the height of what they wait for, and the lanes of edges below."""
    y = MARGIN
    for task in sorted(tasks, key=lambda task: fmean([layout.middle[name] for name in task.after] or [0])):
        layout.middle[task.name] = y + HEIGHT // 2
        y += HEIGHT + GAP_Y
    for edge in passing:
        layout.lane[*edge, column] = y
        y += LANE
    layout.bottom = max(layout.bottom, y - (LANE // 2 if passing else GAP_Y))


def _path(source: str, target: str, layout: _Layout) -> str:
    """Return an edge's SVG path: curves between columns, straight lines along the lanes."""
    first, last = layout.column[source], layout.column[target]
    heights = [layout.middle[source]]
    heights += [layout.lane[source, target, column] for column in range(first + 1, last)]
    heights.append(layout.middle[target])
    path = f"M{_left_edge(first) + WIDTH},{heights[0]}"
    for column, (before, after) in enumerate(pairwise(heights), first + 1):
        end = _left_edge(column)
        bend = end - GAP_X // 2
        path += f" C{bend},{before} {bend},{after} {end},{after}"
        if column < last:
            path += f" H{end + WIDTH}"
    return path


def _left_edge(column: int) -> int:
    return MARGIN + column * (WIDTH + GAP_X)
