#!/usr/bin/env python3
"""fwd.hpp declares every public class and enum of the other headers, and nothing that is not there.

`fwd.py --write` makes it so."""

import re
import sys

import source

FWD = "include/floe/fwd.hpp"

TYPE = re.compile(
    r"(?:template ?<(?P<parameters>(?:[^<>]|<[^<>]*>)*)> ?)?(?:requires\b.* )?"
    r"(?:class|struct|union|enum(?: class| struct)?) (?:\[\[.*?\]\] ?)?(?P<name>\w+)(?: final)?(?: : .*)?"
)

# What a template parameter may be to be declared without its room: a concept or a class would have to come along.
PLAIN = re.compile(r"(?:class|typename|std::size_t) .*")


def types(text):
    """(namespace::name, is a definition) of every class and enum at namespace level, specialisations aside."""
    for namespace, statement, _ in source.namespace_statements(text):
        head, brace, _ = statement.partition("{")
        declared = TYPE.fullmatch(head.strip())
        if not declared or not re.match(r"floe\b", namespace) or "detail" in namespace.split("::"):
            continue
        parameters = filter(None, (declared["parameters"] or "").split(","))
        if all(PLAIN.match(parameter.strip()) for parameter in parameters):
            yield f"{namespace}::{declared['name']}", bool(brace)


def check(files):
    forward = {name for name, _ in types(files.get(FWD, ""))}
    defined = {}
    for path, text in files.items():
        if path != FWD:
            defined |= {name: path for name, is_definition in types(text) if is_definition}
    for name in sorted(defined.keys() - forward):
        yield f"{FWD}: does not declare {name} ({defined[name]})"
    for name in sorted(forward - defined.keys()):
        yield f"{FWD}: declares {name}, which no header defines"


PREAMBLE = """// Every public class and enum, declared.
//
// owns:     nothing; `tests/tools/fwd.py --write` makes this file from the other headers
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
"""


def declaration(head):
    """A definition's head without attributes, default arguments and base classes."""
    head = re.sub(r"\[\[.*?\]\] ?| final\b", "", head.partition("{")[0]).strip()
    head = re.sub(r" = [^,>]+(?:<[^<>]*>)?", "", head)
    if not re.match(r"enum\b", head):
        head = re.sub(r"(?<!:) ?:(?!:).*", "", head)
    return head + ";"


def write(files):
    spaces = {}
    for path, text in files.items():
        if path != FWD:
            for namespace, statement, _ in source.namespace_statements(text):
                if list(types(f"namespace {namespace} {{ {statement} }}")) and "{" in statement:
                    spaces.setdefault(namespace, set()).add(declaration(statement))
    blocks = [
        f"namespace {space} {{\n\n" + "\n".join(sorted(spaces[space])) + f"\n\n}}  // namespace {space}\n"
        for space in sorted(spaces)
    ]
    (source.ROOT / FWD).write_text(PREAMBLE + "\n" + "\n".join(blocks), encoding="utf-8")


def headers(forward, text):
    return {FWD: f"namespace floe {{\n{forward}\n}}\n", "include/floe/core/a.hpp": f"namespace floe {{\n{text}\n}}\n"}


GOOD = [
    headers("struct a;\nenum class e : int;", "struct a : b { struct inner {}; };\nenum class e : int { x, y };"),
    headers("class a;", "class [[nodiscard]] a final : public b { enum class e { x }; };"),
    headers("template <class T, class U>\nclass t;", "template <class T, class U = std::vector<T>>\nclass t { T x; };"),
    headers("", "namespace detail { struct a {}; }\nstruct later;\nint f(struct x* y) { struct z {}; return 1; }"),
    headers("template <class T> struct a;", "template <class T> struct a {};\ntemplate <> struct a<int> {};"),
    headers("namespace ice { struct a; }", "} namespace floe::ice { struct a {};"),
    headers("class a;", "class a { class b; };\nclass a::b {};\ntemplate <some_concept T>\nclass c {};"),
]

BAD = [
    headers("", "struct a {};"),
    headers("", "enum class [[nodiscard]] e : unsigned { x };"),
    headers("", "template <class T>\nrequires std::integral<T>\nclass a {};"),
    headers("struct a;", "} namespace floe::ice { struct a {};"),
    headers("struct a;", ""),
    {"include/floe/core/a.hpp": "namespace floe { struct a {}; }"},
]

if "--write" in sys.argv:
    write(source.headers())
source.run(check, source.headers, GOOD, BAD)
