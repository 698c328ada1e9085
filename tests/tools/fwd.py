#!/usr/bin/env python3
"""fwd.hpp declares every public class and enum of the other headers, and nothing that is not there."""

import re

import source

FWD = "include/floe/fwd.hpp"

TYPE = re.compile(
    r"(?:template ?<(?:[^<>]|<[^<>]*>)*> ?)?(?:requires\b.* )?"
    r"(?:class|struct|union|enum(?: class| struct)?) (?:\[\[.*?\]\] ?)?(\w+)(?: final)?(?: ?:.*)?"
)


def types(text):
    """(namespace::name, is a definition) of every class and enum at namespace level, specialisations aside."""
    for namespace, statement, _ in source.namespace_statements(text):
        head, brace, _ = statement.partition("{")
        declared = TYPE.fullmatch(head.strip())
        if declared and re.match(r"floe\b", namespace) and "detail" not in namespace.split("::"):
            yield f"{namespace}::{declared[1]}", bool(brace)


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


def headers(forward, text):
    return {FWD: f"namespace floe {{\n{forward}\n}}\n", "include/floe/core/a.hpp": f"namespace floe {{\n{text}\n}}\n"}


GOOD = [
    headers("struct a;\nenum class e : int;", "struct a : b { struct inner {}; };\nenum class e : int { x, y };"),
    headers("class a;", "class [[nodiscard]] a final : public b { enum class e { x }; };"),
    headers("template <class T, class U>\nclass t;", "template <class T, class U = std::vector<T>>\nclass t { T x; };"),
    headers("", "namespace detail { struct a {}; }\nstruct later;\nint f(struct x* y) { struct z {}; return 1; }"),
    headers("template <class T> struct a;", "template <class T> struct a {};\ntemplate <> struct a<int> {};"),
    headers("namespace ice { struct a; }", "} namespace floe::ice { struct a {};"),
]

BAD = [
    headers("", "struct a {};"),
    headers("", "enum class [[nodiscard]] e : unsigned { x };"),
    headers("", "template <class T>\nrequires std::integral<T>\nclass a {};"),
    headers("struct a;", "} namespace floe::ice { struct a {};"),
    headers("struct a;", ""),
    {"include/floe/core/a.hpp": "namespace floe { struct a {}; }"},
]

source.run(check, source.headers, GOOD, BAD)
