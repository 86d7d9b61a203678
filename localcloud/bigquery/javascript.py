"""A stub of the engine for JavaScript functions, which takes 82 MB and few users need.

local-bigquery imports the engine at start; if mini-racer is not installed, this stub reports it when such a
function is called.
"""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import NoReturn

ENGINE = "py_mini_racer"


class JSEvalException(Exception):  # noqa: N818 -- the engine's name
    """An error in a function, which does not occur without an engine."""


class MiniRacer:
    """A stub of the engine."""

    def __init__(self) -> NoReturn:
        """Say what is missing."""
        raise ModuleNotFoundError(
            "JavaScript functions need mini-racer in the local cloud's environment: pip install mini-racer"
        )


def do_without() -> None:
    """Make local-bigquery import this stub if the engine is not installed."""
    if ENGINE in sys.modules or find_spec(ENGINE):
        return
    module = ModuleType(ENGINE)
    vars(module).update(JSEvalException=JSEvalException, MiniRacer=MiniRacer)
    sys.modules[ENGINE] = module
