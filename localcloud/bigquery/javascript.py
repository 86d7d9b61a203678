"""A stand-in for the engine of functions in JavaScript, which takes 82 MB and few need.

local-bigquery imports it as it starts; where mini-racer is not installed, this tells whoever calls such a
function.
"""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import NoReturn

ENGINE = "py_mini_racer"


class JSEvalException(Exception):  # noqa: N818 -- the engine's name
    """An error in a function, of which there is none without an engine."""


class MiniRacer:
    """The engine that is not there."""

    def __init__(self) -> NoReturn:
        """Say what is missing."""
        raise ModuleNotFoundError(
            "JavaScript functions need mini-racer in the local cloud's environment: pip install mini-racer"
        )


def do_without() -> None:
    """Have local-bigquery import this where the engine is not installed."""
    if ENGINE in sys.modules or find_spec(ENGINE):
        return
    module = ModuleType(ENGINE)
    vars(module).update(JSEvalException=JSEvalException, MiniRacer=MiniRacer)
    sys.modules[ENGINE] = module
