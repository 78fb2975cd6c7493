"""Submissions judged in forks of a server, and what may befall them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import msgspec
import pytest

from properties.commands.job import Job
from properties.grading import canaries, worker
from properties.grading.server import Forked
from properties.grading.values import Contents, Options, Order, Result
from properties.spec.demands import Demands
from properties.tests.slow import slow

ORDER = msgspec.json.encode(Order(options=Options(profile="quick", only=("relu",))))


@pytest.fixture(scope="module", autouse=True)
def ends() -> Iterator[None]:
    yield
    worker.close_servers()


def judge(code: str, name: str = "layers.py") -> worker.Answer:
    contents = msgspec.msgpack.encode(Contents(files={name: code.encode()}))
    return msgspec.json.decode(worker.judge(ORDER, contents), type=worker.Answer)


def statuses(answer: worker.Answer) -> dict[str, str]:
    record = answer.result.record
    return {f.name: f.status for f in record.functions} if record is not None else {}


def test_right_wrong_and_empty_after_canaries_of_the_same_server() -> None:
    answer = judge(canaries.WRONG)
    assert statuses(answer) == {"relu_forward": "pass", "relu_backward": "fail"}
    assert answer.trouble == ""
    assert answer.result.record is not None
    assert answer.result.record.target.path == "submission/layers.py"
    assert answer.result.record.memory == 512
    right = judge(canaries.WRONG.replace("cache >= -1", "cache > 0"))
    assert statuses(right) == {"relu_forward": "pass", "relu_backward": "pass"}
    assert right.server == answer.server
    empty = judge("x = 1\n")
    assert empty.result.status == "unusable"
    assert "No function of the contract" in empty.result.reason
    assert judge("", "notes.txt").result.reason == "There is no Python file and no notebook in it."


GREEDY = """
def relu_forward(x):
    held = [np.ones(2**17) for _ in range(1000)]  # 1 GiB
    return np.maximum(x, 0), x
"""


def test_code_has_the_memory_that_it_is_given() -> None:
    job = Job(target=None, demands=Demands(), memory=512)
    assert job.limits().memory_bytes == 512 << 20
    assert job.limits().reply_bytes == 128 << 20
    answer = judge(canaries.WRONG + GREEDY)
    record = answer.result.record
    assert record is not None
    greedy = next(f for f in record.functions if f.name == "relu_forward")
    assert greedy.status == "error"
    assert "Unable to allocate" in greedy.detail


@pytest.fixture
def parent() -> Iterator[int]:
    reader, writer = os.pipe()
    yield reader
    os.close(reader)
    os.close(writer)


def test_a_fork_that_hangs_ends_by_the_clock(parent: int) -> None:
    def hang() -> Result:
        time.sleep(60)
        return Result(status="judged")

    result = Forked(parent, 0.2)(hang)
    assert (result.status, result.reason) == ("timeout", "stopped after 0.2 s")
    assert result.final


def test_a_fork_that_dies_loses_no_other(parent: int) -> None:
    def die() -> Result:
        os.kill(os.getpid(), 9)
        return Result(status="judged")

    forked = Forked(parent, 60.0)
    assert forked(die) == Result(status="lost", reason="the process that judged it ended (-9)")
    assert forked(lambda: Result(status="judged")) == Result(status="judged")


def test_a_judge_that_errs_is_noticed_by_its_canaries() -> None:
    def passes(*_: object) -> Result:
        return Result(status="judged")

    said = canaries.judge_right(Order(options=Options()), passes)
    assert said.startswith("the right canary got a wrong verdict: affine_forward is None")


@slow
def test_a_server_that_dies_is_replaced() -> None:
    first = judge(canaries.WRONG)
    os.kill(int(first.server.rpartition(":")[2]), 9)
    again = judge(canaries.WRONG)
    assert statuses(again) == statuses(first)
    assert again.server != first.server
