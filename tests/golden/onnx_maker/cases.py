"""The table of cases. A family makes a number of cases, alternating element types, granularity and shapes."""

import numpy as np

from .families_activation import ACTIVATION
from .families_arithmetic import ARITHMETIC
from .families_weighted import WEIGHTED
from .model import random_of

BYTES = (np.uint8, np.int8)


class Case:
    """One model: `name` seeds all random choices."""

    def __init__(self, family, number, make):
        self.name, self.family, self.make = f"{family}_{number}", family, make
        self.number = number

    def build(self, engine):
        dtype = BYTES[self.number % 2]
        return self.make(random_of(self.name), dtype, self.number, engine, self.name)


def all_cases():
    for table in (WEIGHTED, ARITHMETIC, ACTIVATION):
        for family, count, make in table:
            for number in range(count):
                yield Case(family, number, make)
