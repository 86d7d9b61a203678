"""What goes wrong beside a step's calls: services, disks, clocks, triggers, files."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.ground import Ground
from tests.faults.matrix import Outcome


@dataclass(frozen=True)
class Scene:
    """A scene: in words for the page, and what plays it and returns the outcome and what was said."""

    told: str
    play: Callable[[Ground], tuple[Outcome, str]]


SCENES: dict[str, Scene] = {}
