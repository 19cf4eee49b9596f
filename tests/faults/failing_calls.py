#!/usr/bin/env python3
"""Makes each call of a race to the system fail once: failing_calls.py [BUILD] [--every N] [--kind KIND ...]

Of each kind of calls that failing_calls.cpp has, or of those named, the first fails in one race, the second in another
one, and so on, or each N-th; of allocations, of which there are many, one in each place of the program, or in each
4N-th. A race must then end in one sentence and an exit code that the program's help names, or, where the fault does
not matter, in the same results; leave each file as it was or whole, and nothing else; and go on, resumed, to the same
results. So must one that resumes another, and a report.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import sys
import threading

from small_race import BUILD, CODES, SmallRace, expect_no_temporary

KINDS = ("open", "read", "write", "short_write", "fsync", "rename", "close", "mkdir", "stat", "mmap", "thread", "clock",
         "allocation")
HARMLESS = ("short_write", "clock")  # must make no difference
STOPPED_AT = "fsync:40"  # the race that is resumed


class Faults:
    def __init__(self, build):
        self.race = race = SmallRace(build)
        self.library = str(build / "tests/libfailing-calls.so")
        self.commands = {"race": race.run_all,
                         "resumed": lambda directory, **environment: race.run_all(directory, "--resume", **environment),
                         "report": race.report}
        stopped = race.fresh("stopped")
        self.broken(race.run_all, stopped, STOPPED_AT)
        self.models = {"race": "before", "resumed": "stopped", "report": "after"}

    def broken(self, command, directory, fault):
        return command(directory, LD_PRELOAD=self.library, GRADRACE_FAULT=fault)

    def calls(self, name):
        """Of each kind, the numbers of the calls that are to fail."""
        directory = self.race.fresh("counted", self.models[name])
        counts = directory / "counts"
        self.race.expect_well(self.commands[name](directory, LD_PRELOAD=self.library,
                                                  GRADRACE_FAULT_COUNTS=str(counts)))
        calls, places = {}, []
        for line in counts.read_text().splitlines():
            kind, number = line.split()
            if kind == "place":
                places.append(int(number))
            else:
                calls[kind] = range(1, int(number) + 1)
        if len(calls["fsync"]) != 2 * len(calls["rename"]):
            raise AssertionError(f"{name}: expected each file synced, renamed and its directory synced, found "
                                 f"{len(calls['fsync'])} times fsync, {len(calls['rename'])} times rename")
        return calls | {"allocation": sorted(places)}

    def check(self, name, fault):
        """What is wrong, or nothing; and the exit code."""
        race = self.race
        directory = race.fresh(f"{threading.get_ident()}", self.models[name])
        try:
            process = self.broken(self.commands[name], directory, fault)
            code = process.returncode
            expect_sentence(process, fault)
            race.expect_whole(directory)
            expect_no_temporary(directory)
            if name != "report" and code == 0:
                race.expect_same_results(directory)
            elif name != "report" and any((directory / "runs").glob("*")):
                race.expect_well(race.resume(directory))
                race.expect_same_results(directory)
        except (AssertionError, ValueError, OSError) as error:
            return str(error), process.returncode
        return None, code


def expect_sentence(process, fault):
    """An exit code that is known, and, unless it is 0, one line that says why."""
    if fault.startswith("allocation") and "OpenSSL internal error" in process.stderr:
        return  # version 3.5 ends the program where it has no memory
    lines = [line for line in process.stderr.splitlines() if line]
    if process.returncode not in CODES or (process.returncode and fault.startswith(HARMLESS)):
        raise AssertionError(f"exit code {process.returncode}: {process.stderr}")
    # Of threads that could be started when that was tried, and of memory of its own, OpenMP has the last word.
    authors = ("gradrace: error: ", "libgomp: ") if fault.startswith(("thread:2", "allocation")) else "gradrace: error: "
    if process.returncode and (len(lines) != 1 or not lines[0].startswith(authors)):
        raise AssertionError(f"not a sentence: {process.stderr}")
    if not process.returncode and lines:
        raise AssertionError(f"exit code 0, but: {process.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=BUILD)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=KINDS, dest="kinds")
    arguments = parser.parse_args()
    faults = Faults(arguments.build.resolve())
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in faults.commands:
            calls = faults.calls(name)
            for kind in arguments.kinds or KINDS:
                step = arguments.every * (4 if kind == "allocation" and arguments.every > 1 else 1)
                some = [f"{kind}:{call}" for call in calls[kind][min(step, len(calls[kind])) // 2::step]]
                codes = collections.Counter()
                for fault, (problem, code) in zip(some, pool.map(lambda fault: faults.check(name, fault), some)):
                    codes[code] += 1
                    failures += problem is not None
                    if problem:
                        print(f"{name}, {fault}: {problem}", flush=True)
                ended = ", ".join(f"{count} with exit code {code}" for code, count in sorted(codes.items()))
                print(f"{name}, {kind}: {len(some)} of {len(calls[kind])}{ended and ': '}{ended}", flush=True)
    faults.race.close()
    if failures:
        sys.exit(f"failing_calls: {failures} failures")


if __name__ == "__main__":
    main()
