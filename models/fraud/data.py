"""Generated card payments, about 3 % of them fraudulent. No real person, card or bank is behind any row.

The two classes are drawn from different distributions and overlap in every feature; fraud has two patterns (a few large
payments far away, often with a new device, and bursts of small test payments). The log-odds are therefore not linear in
the features, and a logistic model has to leave errors, as it does on real payments.
"""

import numpy as np

FEATURES = [
    "log10 of amount in euro",
    "paid between 0 and 6 o'clock (0 or 1)",
    "log10 of 1 + distance in km from the last payment",
    "share of fraud seen at the merchant in percent",
    "payments with this card in the last hour",
    "device not seen before (0 or 1)",
    "merchant in another country (0 or 1)",
    "log10 of 1 + age of the account in days",
]
FRAUD_RATE = 0.03


def payments(generator: np.random.Generator, count: int):
    """`count` payments: features [count, 8] float64 in the order and units of `FEATURES`, and labels int64."""
    labels = (generator.random(count) < FRAUD_RATE).astype(np.int64)
    burst = generator.random(count) < 0.35
    rows = _ordinary(generator, count)
    takeover = _takeover(generator, count)
    testing = _card_testing(generator, count)
    fraud = labels.astype(bool)
    rows[fraud & ~burst] = takeover[fraud & ~burst]
    rows[fraud & burst] = testing[fraud & burst]
    return rows, labels


def _ordinary(generator, count):
    hour = np.mod(generator.normal(15.0, 4.5, count), 24.0)
    return _columns(
        generator.normal(1.45, 0.45, count),
        hour < 6.0,
        np.log10(1.0 + generator.lognormal(1.2, 1.4, count)),
        generator.gamma(2.0, 0.6, count),
        generator.poisson(0.35, count),
        generator.random(count) < 0.04,
        generator.random(count) < 0.07,
        np.log10(1.0 + generator.lognormal(6.6, 0.8, count)),
    )


def _takeover(generator, count):
    hour = generator.uniform(0.0, 24.0, count)
    return _columns(
        generator.normal(2.15, 0.50, count),
        hour < 6.0,
        np.log10(1.0 + generator.lognormal(3.6, 1.7, count)),
        generator.gamma(2.5, 0.9, count),
        generator.poisson(0.8, count),
        generator.random(count) < 0.45,
        generator.random(count) < 0.30,
        np.log10(1.0 + generator.lognormal(6.0, 1.0, count)),
    )


def _card_testing(generator, count):
    hour = generator.uniform(0.0, 24.0, count)
    return _columns(
        generator.normal(0.75, 0.40, count),
        hour < 6.0,
        np.log10(1.0 + generator.lognormal(2.4, 1.6, count)),
        generator.gamma(2.8, 0.9, count),
        generator.poisson(3.2, count),
        generator.random(count) < 0.40,
        generator.random(count) < 0.25,
        np.log10(1.0 + generator.lognormal(5.8, 1.0, count)),
    )


def _columns(*values):
    return np.column_stack([np.asarray(value, dtype=np.float64) for value in values])
