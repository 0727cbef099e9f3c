"""The long run: `scripts/leak` calls it. Says generated conversations to both twins until enough statements were said, and reports."""
import argparse
import os
import secrets
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
sys.dont_write_bytecode = True


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/leak", description=__doc__)
    parser.add_argument("--statements", type=int, default=1_000_000, help="how many, in each twin (default: a million)")
    parser.add_argument("--seed", type=int, help="of the generator; drawn and printed when left out")
    parser.add_argument("--bin", help="the gateway (default: SLUICE_BIN, or the release build)")
    parser.add_argument("--user", choices=("carol", "bob"), help="only this one")
    parser.add_argument("--smith", type=int, default=1000, help="statements of sqlsmith per round of 50,000; 0 for none (default: 1000)")
    parser.add_argument("--findings", type=int, default=20, help="stop after so many (default: 20)")
    return parser.parse_args()


def main():
    given = arguments()
    if given.bin:
        os.environ["SLUICE_BIN"] = str(Path(given.bin).resolve())
    # After the choice of the binary, which the harness reads when it is imported.
    import corpus
    import smith
    from generator import Generator
    from minimise import minimise
    from report import Report
    from runner import Runner, batches
    from twins import Twins

    seed = given.seed if given.seed is not None else secrets.randbelow(2**31)
    print(f"seed {seed}", flush=True)
    with Twins() as twins:
        runner, report = Runner(twins), None
        report = Report(runner)
        generator = Generator(twins, seed, given.user)

        def source():
            for family in corpus.families():
                yield from batches(each for each in corpus.conversations(family, every_way=True) if given.user in (None, each.user))
            rounds, next_smith = 0, 0
            while True:
                if given.smith and smith.available() and runner.statements >= next_smith:
                    next_smith += 50_000
                    rounds += 1
                    for user, database, with_catalog in (("carol", "warehouse", False), ("bob", "warehouse", False), ("carol", "warehouse", True), ("bob", "lake", False), ("carol", "mart", False)):
                        if given.user in (None, user):
                            cluster = twins.pair[0].cluster
                            yield from batches(smith.conversations(cluster, user, database, seed % 1_000_000 + rounds, given.smith // 5, with_catalog))
                yield generator.batch(100)

        since = last = time.monotonic()
        for batch in source():
            for finding in runner.batch(batch):
                if report.add(minimise(runner, finding)):
                    print(f"\n--- finding {len(report.findings)}\n{report.findings[-1]}\n", flush=True)
            if runner.statements >= given.statements or len(report.findings) >= given.findings or not twins.alive():
                break
            if time.monotonic() - last > 20:
                last = time.monotonic()
                twins.tidy()
                print(f"    {runner.statements:>9,} statements, {runner.statements / (last - since):.0f} a second in each twin, {len(report.findings)} findings", flush=True)
        alive, logs = twins.alive(), twins.logs()
        print(report.text(time.monotonic() - since))
        if not alive:
            print("a gateway ended:\n" + logs)
    return 1 if report.findings or not alive else 0


if __name__ == "__main__":
    sys.exit(main())
