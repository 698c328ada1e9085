#!/usr/bin/env python3
"""How many required rows of ../shared/conformance and attacks of ../shared/research a test names.

A test names a row by its ID in brackets, in its name or its tags: TEST_CASE("...", "[ice][8445-7.2.5.1-a]").
Hidden tests and tests that may fail name nothing. With --missing, prints the IDs of the MUST rows without a test."""

import csv
import pathlib
import re
import sys

import source

TABLES = source.ROOT.parent / "shared" / "conformance"
ATTACKS = source.ROOT.parent / "shared" / "research" / "attacks.md"

TEST = re.compile(r"\b(?:TEST_CASE\w*|TEMPLATE_\w*TEST_CASE\w*|SCENARIO\w*)\s*\(")
ARGUMENT = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|[\w:<>]+|,)')
NOT_COUNTED = re.compile(r"\[(?:\.|!(?:hide|mayfail|shouldfail|benchmark)\])")
SECTION = re.compile(r"\d{4}-[0-9A-Z.]+")  # names a section of an RFC, not a row


def tags(text):
    """(tag, offset) for every tag of every test that counts."""
    text = source.without_comments(text)
    for test in TEST.finditer(text):
        at, words = test.end(), ""
        while argument := ARGUMENT.match(text, at):
            words += argument[1] or ""
            at = argument.end()
        if not NOT_COUNTED.search(words):
            for tag in re.findall(r"\[([^\[\]]+)\]", words):
                yield tag, test.start()


def read_tables():
    """{table name: {ID: level}}"""
    tables = {}
    for path in sorted(TABLES.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            tables[path.stem] = {row["ID"]: row["level"] for row in rows}
    if ATTACKS.exists():
        attacks = re.findall(r"^\| *(ATK-\w+) *\|", ATTACKS.read_text(encoding="utf-8"), re.MULTILINE)
        tables["attacks"] = dict.fromkeys(attacks, "MUST")
    return tables


def survey(tables, files):
    """The IDs that tests name, and complaints about tags that look like an ID and are none."""
    known = set().union(*tables.values())
    families = {row.split("-")[0] for row in known}
    named, complaints = set(), []
    for path, text in files.items():
        for tag, offset in tags(text):
            if tag in known:
                named.add(tag)
            elif tag.split("-")[0] in families and "-" in tag and not SECTION.fullmatch(tag):
                complaints.append(f"{path}:{source.line_of(text, offset)}: [{tag}] is in no table")
    return named, complaints


def self_test():
    tables = {"ice": {"8445-2-a": "MUST", "8445-2-b": "SHOULD", "MDNS-3.1-a": "MUST"}, "attacks": {"ATK-A01": "MUST"}}
    for text, expected in (
        ('TEST_CASE("a: b", "[ice][8445-2-a]" "[ATK-A01]") {}', ({"8445-2-a", "ATK-A01"}, 0)),
        ('TEST_CASE("a: b [MDNS-3.1-a]",\n  "[ice]") {}', ({"MDNS-3.1-a"}, 0)),
        ('TEMPLATE_TEST_CASE("a", "[8445-2-b]", int, std::byte) {}', ({"8445-2-b"}, 0)),
        ('// TEST_CASE("a", "[8445-2-a]")\nauto x = "[8445-2-a]";', (set(), 0)),
        ('TEST_CASE("a", "[8445-2-a][.]") {}\nTEST_CASE("b", "[8445-2-b][!mayfail]") {}', (set(), 0)),
        ('TEST_CASE("a", "[8445-2][8445-6.1.2.4][ice]") {}', (set(), 0)),
        ('TEST_CASE("a", "[8445-2-c][ATK-A99][8445-2a][MDNS-3.1]") {}', (set(), 4)),
    ):
        named, complaints = survey(tables, {"tests/a.cpp": text})
        assert (named, len(complaints)) == expected, (text, named, complaints)


def main():
    self_test()
    if "--self-test" in sys.argv:
        return 0
    if not TABLES.is_dir():
        print("conformance: ../shared is not here, so nothing to count against")
        return 0
    tables = read_tables()
    tests = {path.relative_to(source.ROOT).as_posix(): path.read_text(encoding="utf-8")
             for path in sorted(pathlib.Path(source.ROOT / "tests").rglob("*.cpp"))}
    named, complaints = survey(tables, tests)
    print("conformance: rows named by a test")
    for name, rows in tables.items():
        counts = []
        for level in ("MUST", "SHOULD"):
            ids = {row for row, its in rows.items() if its == level}
            counts.append(f"{len(ids & named):4} of {len(ids):3} {level}" if ids else "")
        print(f"  {name:14}" + "  ".join(counts).rstrip())
        if "--missing" in sys.argv:
            for row in sorted(row for row, level in rows.items() if level == "MUST" and row not in named):
                print(f"    {row}")
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


sys.exit(main())
