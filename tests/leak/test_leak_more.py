"""The written corpus, a fresh seed, sqlsmith, and the proof that the test sees a leak when there is one."""
import os
import secrets

import pytest

import corpus
import smith
from conversation import simple
from generator import Generator
from runner import Runner, batches
from test_leak import endless, same, say, twins  # noqa: F401
from transcript import ROWS
from twins import HERE, Twins

STATEMENTS = int(os.environ.get("SLUICE_LEAK_STATEMENTS", 2_000))
SMITH = 160


@pytest.mark.parametrize("family", corpus.families())
def test_corpus(twins, family):  # noqa: F811
    same(say(twins, batches(corpus.conversations(family))))


@pytest.mark.parametrize("name", [name for name, _, _ in corpus.cases(corpus.LIMITS)])
def test_known_limit(twins, name):  # noqa: F811
    """A limit that is closed belongs in another family of the corpus."""
    told = [each for each in corpus.conversations(corpus.LIMITS) if each.family == f"{corpus.LIMITS}: {name}"]
    assert told and all(Runner(twins).differs(each) for each in told), f"the twins no longer differ in `{name}`"


def test_corpus_is_large():
    assert sum(1 for family in corpus.families() for _ in corpus.cases(family)) >= 250


def test_generated_from_a_fresh_seed(twins):  # noqa: F811
    seed = int(os.environ.get("SLUICE_LEAK_SEED", secrets.randbelow(2**31)))
    print(f"SLUICE_LEAK_SEED={seed}")
    report = say(twins, endless(Generator(twins, seed)), STATEMENTS)
    assert not report.findings, f"SLUICE_LEAK_SEED={seed}, the twins differ:\n\n" + "\n\n".join(map(str, report.findings))
    same(report)
    assert report.share(ROWS) > 0.5, f"SLUICE_LEAK_SEED={seed}\n{report.text()}"


@pytest.mark.skipif(not smith.available(), reason="sqlsmith is not installed")
@pytest.mark.parametrize("user, database", [("carol", "warehouse"), ("bob", "warehouse"), ("bob", "lake"), ("carol", "mart")])
def test_sqlsmith(twins, user, database):  # noqa: F811
    number = SMITH if database == "warehouse" else SMITH // 4
    same(say(twins, batches(smith.conversations(twins.pair[0].cluster, user, database, 1, number))))


@pytest.fixture(scope="module")
def leaking(tmp_path_factory):
    """Twins whose policy lacks one class and one row filter."""
    policy = tmp_path_factory.mktemp("policy") / "policy.yaml"
    whole = (HERE / "policy.yaml").read_text().splitlines(keepends=True)
    kept = [line for line in whole if not line.lstrip().startswith(("sealed:", "- {relation: {schema: crm, relation: task}"))]
    assert len(whole) - len(kept) == 2
    policy.write_text("".join(kept))
    with Twins(policy) as running:
        yield running


@pytest.mark.parametrize("sql", ["select s_number from crm.person order by id", "select count(*) from crm.person where s_number > 20", "select id from crm.sealed_numbers order by s_bool, id", "select s_text::int from crm.sealed_texts",
                                 "copy crm.sealed_numbers to stdout", "select count(*) from crm.task", "select id from crm.task where 1 / points > 0 or true"])
def test_a_missing_rule_is_seen(leaking, sql):
    assert Runner(leaking).differs(simple("carol", "warehouse", sql)), f"the twins do not differ in `{sql}` although a rule is missing"


def test_a_missing_rule_is_found(leaking):
    """The generator finds it by itself, and soon."""
    runner, generator = Runner(leaking), Generator(leaking, 1)
    while runner.statements < 2_000:
        if runner.batch(generator.batch(20)):
            return
    pytest.fail("2,000 generated statements did not find a missing mask")
