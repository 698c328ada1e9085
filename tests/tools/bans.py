#!/usr/bin/env python3
"""No clock, randomness, I/O, shared state, macro or exception under include/, no `default:` in a switch, only ASCII."""

import re

import source

BANNED = {
    r"::\s*now\s*\(": "time enters through handle_* and construction",
    r"\b(system|high_resolution|utc|tai|gps|file)_clock\b": "the one clock type is std::chrono::steady_clock",
    r"\b(clock_gettime|gettimeofday|timespec_get|__rdtscp?|_rdtsc)\b": "time enters through handle_*",
    r"\b(s?rand|rand_r|drand48|getrandom|getentropy|arc4random\w*)\s*\(": "randomness comes from the one source",
    r"\b(random_device|mt19937(_64)?|default_random_engine|minstd_rand0?)\b": "randomness comes from the one source",
    r"\b(socket|sendto|recvfrom|sendmsg|recvmsg|getaddrinfo)\s*\(": "the host does the I/O",
    r"\bstd\s*::\s*(cout|cerr|clog|cin|printf|fprintf|puts)\b": "the host does the I/O",
    r"\b(getenv|setlocale)\s*\(": "an input that no caller sees",
    r"\bthread_local\b": "shared mutable state",
    r"\bstd\s*::\s*(thread|jthread|mutex|atomic\w*|async)\b": "one thread, the caller's",
    r"\b(throw|try|catch|dynamic_cast|typeid)\b": "builds without exceptions and run-time type information",
    r"\b(assert|abort|terminate|exit|_Exit|quick_exit)\s*\(": "contracts are GSL's Expects and Ensures",
    r"\b(min|max)\s*\(": "macros of <windows.h>: (std::min)(a, b)",
    r"\bdefault\s*:": "it hides the enumerator that somebody adds later",
}

# A variable's declaration, from `static` or `inline` up to its name's end; a parenthesis first makes it a function.
STORED = re.compile(r"\b(static|inline)\b(?!\s+namespace\b)([^;{}()=]*)([;{}()=])")

# What a statement at namespace level may begin with when it is no variable.
NO_VARIABLE = re.compile(
    r"(template|using|typedef|class|struct|union|enum|concept|static_assert|extern template|friend|namespace)\b"
)


def is_function_or_constant(declaration):
    if "(" in declaration or re.search(r"\boperator\b|\bconstexpr\b", declaration):
        return True
    _, star, pointer = declaration.rpartition("*")
    return bool(re.search(r"\bconst\b", pointer if star else declaration))


def check(files):
    for path, text in files.items():
        code = source.code(text)

        def where(offset):
            return f"{path}:{source.line_of(code, offset)}"

        for pattern, reason in BANNED.items():
            for match in re.finditer(pattern, code):
                yield f"{where(match.start())}: {' '.join(match[0].split())}: {reason}"
        for match in STORED.finditer(code):
            if match[3] in ";{=" and not is_function_or_constant(match[2]):
                yield f"{where(match.start())}: {' '.join(match[0].split())}: a variable that can change"
        for _, statement, offset in source.namespace_statements(text):
            declaration = re.split(r"[={]", statement)[0]
            if not NO_VARIABLE.match(statement) and not is_function_or_constant(declaration):
                yield f"{where(offset)}: {declaration.strip()}: a variable that can change"
        for match in re.finditer(r"^[ \t]*#[ \t]*(define|undef)\b.*", source.without_comments(text), re.MULTILINE):
            yield f"{where(match.start())}: {match[0].strip()}: macros are invisible to tests and leak into users"
        for match in re.finditer(r"[^\x00-\x7f]+", text):
            reason = 'compilers without -utf-8 take it for the code page\'s; a section is "RFC 8445 sec. 7.3"'
            yield f"{path}:{source.line_of(text, match.start())}: {match[0]}: {reason}"
        if "#pragma once" not in text:
            yield f"{path}: no #pragma once"


def header(text):
    return {"include/floe/core/a.hpp": f"#pragma once\nnamespace floe {{\n{text}\n}}\n"}


GOOD = [
    header("using instant = std::chrono::steady_clock::time_point;"),
    header("// throw, try, default: and steady_clock::now()\nconstexpr auto text = \"std::cout throw\";"),
    header("inline constexpr int a[] = {1, 2};\nconstexpr int b{1};\nconst char* const c = nullptr;"),
    header("inline int f(int x) { static constexpr int a = 1; static const auto b = g(x); return a + b; }"),
    header("struct s { static constexpr int a = 1; static s make(); s() = default; int m = 1'000; };"),
    header("template <class T> requires(sizeof(T) > 1) struct s { static T f() { return {}; } };"),
    header("[[nodiscard]] constexpr auto f(state s) -> int { switch (s) { case state::a: return '\"'; } }"),
    header("inline bool operator==(s, s) { return true; }\nenum class e : int { a, b };\nclass c;"),
    header("struct s { inline static constexpr std::array<int, 2> a{1, 2}; operand retry(int); };"),
    header("inline namespace v1 { struct s {}; }"),
    header("inline int f(int x) { return (std::min)(std::max<int>(x, 1), (limits::max)()); }"),
]

BAD = [
    header(line)
    for line in (
        "inline auto f() { return std::chrono::steady_clock::now(); }",
        "inline auto f() { return clock::\nnow (); }",
        "using t = std::chrono::system_clock::time_point;",
        "inline int f() { return rand(); }",
        "inline int f() { std::random_device d; return d(); }",
        "inline int f() { throw 1; }",
        "inline int f(int x) { switch (x) { case 1: return 1; default: return 2; } }",
        "inline int f() { static int calls = 0; return ++calls; }",
        "inline int f() { static std::vector<int> calls; return 1; }",
        "inline int f() { static const char* last; return 1; }",
        "struct s { inline static int count = 0; };",
        "struct s { static int count; };",
        "inline int counter;",
        "int counter = 0;",
        "std::array<int, 2> counters{};",
        "thread_local int counter;",
        "inline int f(int x) { return std::min (x, 1); }",
        "#define FLOE_X 1",
        "inline void f(int x) { assert(x > 0); }",
    )
] + [{"include/floe/core/a.hpp": "namespace floe {}\n"}, header("// RFC 8445 \u00a77.3")]

source.run(check, source.headers, GOOD, BAD)
