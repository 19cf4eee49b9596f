#!/usr/bin/env python3
"""Kills a race at random moments: kills.py [BUILD] [--kills N] [--seed N]

Each time it is resumed with another number of threads, in the middle of what it was writing. Every file must then be as
it was before or whole, no lock may hinder the next one, and in the end the results must be those of a race that was left
alone; then another race begins, until N kills (by default 200) are done.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import time

from small_race import BUILD, SmallRace, expect_no_temporary

LIKELY = (0.005, 0.9)  # of a whole race's time, when it is killed


def run_and_kill(race, directory, threads, delay):
    """Whether it was killed, before it was done by itself."""
    process = race.begin(race.whole_race("--resume", threads=threads), directory, {})
    try:
        process.communicate(timeout=delay)
    except subprocess.TimeoutExpired:
        process.kill()
    _, errors = process.communicate()
    if process.returncode not in (0, -9) or errors:
        raise AssertionError(f"exit code {process.returncode}: {errors}")
    return process.returncode != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=BUILD)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"to repeat: --seed {arguments.seed}")
    chance = random.Random(arguments.seed)
    race = SmallRace(arguments.build.resolve())
    begin = time.monotonic()
    race.expect_well(race.run_all(race.fresh("timed")))
    usual = time.monotonic() - begin
    kills = races = 0
    while kills < arguments.kills:
        directory = race.fresh("killed")
        races += 1
        while kills < arguments.kills and run_and_kill(race, directory, chance.choice((1, 2, 3, 4)),
                                                       usual * chance.uniform(*LIKELY)):
            kills += 1
            race.expect_whole(directory)
        race.expect_well(race.resume(directory, chance.choice((1, 2, 3, 4))))
        race.expect_same_results(directory)
        expect_no_temporary(directory)
    race.close()
    print(f"{kills} kills in {races} races")


if __name__ == "__main__":
    sys.exit(main())
