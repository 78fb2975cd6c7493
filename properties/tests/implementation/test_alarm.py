"""An alarm inside another."""

from __future__ import annotations

import time

import pytest

from properties.implementation.child.alarm import alarm


class Inner(BaseException):
    """The inner time is over."""


class Outer(BaseException):
    """The outer time is over."""


def nested() -> None:
    with pytest.raises(Inner), alarm(0.01, Inner):
        time.sleep(5)
    time.sleep(5)


def test_an_alarm_within_another_leaves_that_its_time() -> None:
    with pytest.raises(Outer), alarm(0.1, Outer):
        nested()
