"""Signature batches: inline, in processes, and when a process dies."""

import os
import signal

import pytest
import trio
import trio.testing
from nacl.signing import SigningKey

from node.verifier import processes
from node.verifier.inline import InlineVerifier
from node.verifier.processes import ProcessVerifier
from node.verifier.wire import (
    LENGTH,
    MAX_MESSAGE_BYTES,
    Check,
    decode_batch,
    decode_verdicts,
    encode_batch,
    encode_verdicts,
)

ED25519 = 0
KEY = SigningKey(bytes(range(32)))


class Recorder:
    """Remembers log lines."""

    def __init__(self):
        self.lines = []

    def warning(self, event, **fields):
        self.lines.append((event, fields))

    debug = info = error = warning

    def bind(self, **fields):
        return self


def signed(message: bytes, *, good: bool = True) -> Check:
    signature = KEY.sign(message).signature
    public = KEY.verify_key.encode()
    return Check(ED25519, signature, message if good else message + b"!", public)


def mixed(count: int) -> tuple[list[Check], list[bool]]:
    verdicts = [i % 3 != 1 for i in range(count)]
    return [signed(b"%d" % i, good=good) for i, good in enumerate(verdicts)], verdicts


ODD = [
    Check(ED25519, b"", b"message", bytes(32)),
    Check(7, bytes(64), b"unknown scheme", bytes(32)),
    Check(ED25519, bytes(300), b"long signature", bytes(32)),
    Check(ED25519, bytes(64), bytes(MAX_MESSAGE_BYTES + 1), bytes(32)),
    Check(ED25519, bytes(64), b"short key", bytes(31)),
]


def test_a_batch_survives_the_wire():
    checks, _ = mixed(5)
    frame = encode_batch(checks)
    assert LENGTH.unpack(frame[:4]) == (len(frame) - 4,)
    assert decode_batch(frame[4:]) == checks


def test_what_cannot_travel_arrives_as_no_signature():
    assert decode_batch(encode_batch(ODD[1:])[4:]) == [ODD[0]._replace(message=b"")] * 4


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 256])
def test_verdicts_survive_the_wire(count):
    verdicts = [i % 3 == 0 for i in range(count)]
    assert decode_verdicts(encode_verdicts(verdicts)[4:], count) == verdicts


async def test_the_inline_verifier_finds_the_bad_ones():
    checks, verdicts = mixed(150)
    assert await InlineVerifier().verify(checks) == verdicts
    assert await InlineVerifier().verify(ODD) == [False] * len(ODD)
    assert await InlineVerifier().verify([]) == []


@pytest.fixture
async def running(nursery):
    verifier = ProcessVerifier(1, Recorder())
    nursery.start_soon(verifier.run)
    await until(lambda: verifier.alive)
    return verifier


async def until(condition):
    while not condition():
        await trio.sleep(0.01)


async def test_a_process_answers_as_the_inline_verifier_does(running):
    checks, verdicts = mixed(700)
    assert await running.verify(checks) == verdicts
    assert await running.verify(ODD) == [False] * len(ODD)
    assert await running.verify([]) == []


async def test_many_callers_share_batches(running):
    checks, verdicts = mixed(100)
    answers: dict[int, list[bool]] = {}

    async def ask(i):
        answers[i] = await running.verify([checks[i]])

    async with trio.open_nursery() as callers:
        for i in range(100):
            callers.start_soon(ask, i)
    assert [answers[i] for i in range(100)] == [[verdict] for verdict in verdicts]


async def test_a_killed_process_costs_no_verdict_and_comes_back(nursery, monkeypatch):
    monkeypatch.setattr(processes, "FIRST_RESTART_SECONDS", 0.01)
    log = Recorder()
    verifier = ProcessVerifier(1, log)
    nursery.start_soon(verifier.run)
    await until(lambda: verifier.alive)
    assert await verifier.verify([signed(b"warm up")]) == [True]
    checks, verdicts = mixed(600)
    os.kill(verifier.alive[0], signal.SIGKILL)
    assert await verifier.verify(checks) == verdicts
    await until(lambda: log.lines and verifier.alive)
    assert log.lines[0][0] == "verifier process failed"
    assert await verifier.verify(checks) == verdicts


async def test_without_a_process_signatures_are_checked_inline():
    checks, verdicts = mixed(10)
    assert await ProcessVerifier(1, Recorder()).verify(checks) == verdicts


async def test_too_much_at_once_is_checked_by_the_caller(running, monkeypatch):
    monkeypatch.setattr(processes, "MAX_WAITING", 5)
    checks, verdicts = mixed(10)
    assert await running.verify(checks) == verdicts


async def test_nobody_is_left_waiting_when_the_service_ends():
    checks, verdicts = mixed(400)
    verifier = ProcessVerifier(1, Recorder())
    answers = []

    async def ask():
        answers.append(await verifier.verify(checks))

    async with trio.open_nursery() as callers, trio.open_nursery() as service:
        service.start_soon(verifier.run)
        await until(lambda: verifier.alive)
        callers.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        service.cancel_scope.cancel()
    assert answers == [verdicts]


async def test_a_process_that_cannot_start_is_logged_and_missed_by_nobody(nursery, monkeypatch):
    monkeypatch.setattr(processes.sys, "executable", "/nonexistent/python")
    log = Recorder()
    verifier = ProcessVerifier(1, log)
    nursery.start_soon(verifier.run)
    await until(lambda: log.lines)
    assert "No such file" in log.lines[0][1]["cause"]
    assert await verifier.verify([signed(b"x")]) == [True]
