"""Noninterference: two clusters that differ only in what bob and carol may not see give them the same bytes, whatever they send.

A fixed seed, so that a failure is everybody's; test_leak_more.py has a fresh one, the written corpus and sqlsmith."""
import os
import time

import pytest

from generator import Generator
from report import Report
from runner import Runner
from minimise import minimise
from transcript import ROWS
from twins import Twins

SEED = 20_250_101
STATEMENTS = int(os.environ.get("SLUICE_LEAK_STATEMENTS", 20_000))
SHOWN = 5


@pytest.fixture(scope="module")
def twins():
    with Twins() as running:
        yield running


def say(twins, batches, enough=None):
    """All batches, or until `enough` statements were said. Returns the report, with the first findings made small."""
    runner = Runner(twins)
    report, since = Report(runner), time.monotonic()
    for batch in batches:
        for finding in runner.batch(batch):
            report.add(finding)
        assert twins.alive(), twins.logs()
        if len(report.findings) >= SHOWN or (enough and runner.statements >= enough):
            break
    print("\n" + report.text(time.monotonic() - since))
    report.findings = [minimise(runner, each) for each in report.findings[:SHOWN]]
    return report


def same(report):
    assert not report.findings, "the twins differ:\n\n" + "\n\n".join(map(str, report.findings))
    assert report.runner.inconclusive <= 5 + report.runner.conversations // 200, f"{report.runner.inconclusive} conversations were too slow to judge"


def endless(generator, size=100):
    while True:
        yield generator.batch(size)


def test_generated_from_a_fixed_seed(twins):
    report = say(twins, endless(Generator(twins, SEED)), STATEMENTS)
    same(report)
    # A generator that is refused, or finds nothing, proves nothing.
    assert report.share(ROWS) > 0.5, report.text()
