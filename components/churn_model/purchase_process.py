"""MBG/NBD times gamma-gamma: customers' expected spend, from their history alone, without outcomes."""

from dataclasses import dataclass

import numpy as np

from components.churn_model.amounts import AmountModel, fit_amounts
from components.churn_model.examples import Floats
from components.churn_model.lifetime import expected_purchases
from components.churn_model.purchase_model import PurchaseModel, fit_purchases


@dataclass(frozen=True)
class PurchaseProcess:
    """How often a day's customers buy, and what a purchase is worth."""

    purchases: PurchaseModel
    amounts: AmountModel

    def spend(self, features: Floats, days: float) -> Floats:
        """Return the expected spend of each customer (rows by NAMES) within the given days."""
        number = expected_purchases(self.purchases, features, days)
        return np.asarray(number * self.amounts.expected(features), dtype=np.float64)

    def spend_of_buyers(self, features: Floats, days: float) -> Floats:
        """Return the expected spend of each customer, given that they buy at all."""
        buys = 1 - self.purchases.silence_probability(features, days)
        spend = self.spend(features, days)
        return np.divide(spend, buys, out=np.zeros_like(spend), where=buys > 0)


def fit_process(features: Floats) -> PurchaseProcess:
    """Fit both to the customers of one cut-off."""
    return PurchaseProcess(fit_purchases(features), fit_amounts(features))
