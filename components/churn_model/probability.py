"""Probabilities kept away from 0 and 1, and their log odds, so that no model is ever certain."""

import numpy as np
from scipy.special import expit, logit

from components.churn_model.examples import Floats

LEAST_PROBABILITY = 1e-4


def clip(probability: Floats) -> Floats:
    """Return probabilities of at least LEAST_PROBABILITY, and as far from 1."""
    return np.asarray(np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY), dtype=np.float64)


def to_log_odds(probability: Floats) -> Floats:
    """Return the log odds of probabilities, once clipped."""
    return np.asarray(logit(clip(probability)), dtype=np.float64)


def from_log_odds(values: Floats) -> Floats:
    """Return the probabilities that have these log odds."""
    return np.asarray(expit(values), dtype=np.float64)
