#!/usr/bin/python3
"""Holds config/agreements/coverage.toml: every clause of clauses.tsv is covered by tests that exist, or named as later.

    [covered]
    "S6.9" = ["Suite.Test", ...]
    [later]
    consultations = ["S5.3", ...]      # by the capability the clause waits for

A test is a TEST, TEST_F, TEST_P, TYPED_TEST or RC_GTEST_PROP of a .cpp file below tests/, or a `NAME Suite.Test` or
`chancery_script(Suite.Test` of a CMakeLists.txt there, or Transcript.<name> of tests/integration/transcripts/<name>.txt.
"""

import re
import sys
import tomllib
from pathlib import Path

CPP = re.compile(r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*(\w+)\s*,\s*(\w+)")
CMAKE = re.compile(r"(?:\bNAME\s+|\bchancery_script\()(\w+\.\w+)")


def clauses_of(text):
    return [line.split("\t")[0] for line in text.splitlines()[1:] if line]


def existing_tests(root):
    tests = set()
    for file in (root / "tests").rglob("*.cpp"):
        tests |= {f"{suite}.{name}" for suite, name in CPP.findall(file.read_text("utf-8"))}
    for file in (root / "tests").rglob("CMakeLists.txt"):
        tests |= set(CMAKE.findall(file.read_text("utf-8")))
    tests |= {f"Transcript.{file.stem}" for file in (root / "tests/integration/transcripts").glob("*.txt")}
    return tests


def check(clauses, coverage, tests):
    covered = coverage.get("covered", {})
    later = [clause for group in coverage.get("later", {}).values() for clause in group]
    faults = [f"{key}: unknown section" for key in coverage if key not in ("covered", "later")]
    for clause in clauses:
        places = later.count(clause) + (clause in covered)
        if places != 1:
            faults.append(f"{clause}: named {places} times, must be once")
    faults += [f"{clause}: no such clause" for clause in [*covered, *later] if clause not in clauses]
    for clause, names in covered.items():
        if not names:
            faults.append(f"{clause}: covered by no test")
        faults += [f"{clause}: no test {name}" for name in names if name not in tests]
    return faults


def self_test():
    tests = {"A.B"}
    assert check(["S1"], {"covered": {"S1": ["A.B"]}}, tests) == []
    assert check(["S1"], {"later": {"x": ["S1"]}}, tests) == []
    assert check(["S1"], {}, tests) == ["S1: named 0 times, must be once"]
    assert check(["S1"], {"covered": {"S1": ["A.B"]}, "later": {"x": ["S1"]}}, tests) == ["S1: named 2 times, must be once"]
    assert check(["S1"], {"covered": {"S1": ["A.C"]}}, tests) == ["S1: no test A.C"]
    assert check(["S1"], {"covered": {"S1": []}}, tests) == ["S1: covered by no test"]
    assert check([], {"later": {"x": ["S2"]}}, tests) == ["S2: no such clause"]


def main():
    self_test()
    root = Path(sys.argv[1])
    folder = root / "config/agreements"
    clauses = clauses_of((folder / "clauses.tsv").read_text("utf-8"))
    coverage = tomllib.loads((folder / "coverage.toml").read_text("utf-8"))
    faults = check(clauses, coverage, existing_tests(root))
    print("\n".join(faults) or f"{len(coverage['covered'])} of {len(clauses)} clauses covered")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
