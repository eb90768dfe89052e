"""Something of everything that scalene measures; it leaves with a code of its own."""

import sys

import numpy
from parts import numbers


def keep():
    return [numpy.ones(250_000) for _ in range(40)]


def copy(what, times):
    for _ in range(times):
        other = what.copy()
    return other


class Counter:
    def count(self, upto):
        total = 0
        for number in range(upto):
            total += number * number % 7
        return total


sys.stdout.write("\x1b]0;a title\x07\x1b[31mred\n")
sys.stdout.flush()
kept = keep()
copy(numpy.ones(4_000_000), 40)
Counter().count(5_000_000)
numbers.doubled(4_000_000)
sys.stdout.write("the end\n")
sys.exit(int(sys.argv[1]))
