"""The changes that mutate.py makes to a header, one at a time.

A change swaps a comparison, `&&` and `||`, or `+` and `-`; moves a number by one; turns a bool round; negates a
condition; leaves a statement out; or drops a row of a state table. It is text put in at a few places, such that all
changes of a header go in at once and a number says which one is made (mutation.hpp). Only a dropped row can't."""

import re

import source

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "&&": "||", "||": "&&"}
FUNCTIONS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal_to",
             "!=": "not_equal_to", "+": "plus", "-": "minus"}

# A contract speaks of the caller's faults, which end the program; a reservation saves time and changes nothing; what
# is ill-formed otherwise proves nothing about tests.
UNTOUCHED = re.compile(r"\b(?:static_assert|Expects|Ensures|noexcept)\b\s*(?=\()|\breserve(?=\()"
                       r"|\b(?:template|concept)\b(?=\s*<)|\brequires\b|\bif constexpr\s*(?=\()|\[\[")
# The end of a function after a switch over all enumerators, reached by none.
AFTER_SWITCH = re.compile(r"(?<=\n  \}\n)  return [^;]*;(?=\n\})|(?<=\n    \}\n)    return [^;]*;(?=\n  \})")

BINARY = re.compile(r"(?<=[^\s{(,;]\s)(<=|>=|==|!=|<|>|\+|-|&&|\|\|)(?=\s)")
NUMBER = re.compile(r"(?<![\w.'])(0[xX][0-9a-fA-F']+|\d[\d']*)([uUlL]*)(?![\w.'])")
BOOL = re.compile(r"\b(true|false)\b")
CONDITION = re.compile(r"\bif \(")
QUESTION = re.compile(r"(?<=\s)\?(?=\s)")
ROW = re.compile(r"^    \w+\{\w+::.*\},\n", re.MULTILINE)
STATEMENT = re.compile(r"(?<=[;{}])\s*\n\s+(?=[a-z*+-])")
SIMPLE = re.compile(
    r"(?:\+\+|--)[^;=]+;$|\*?(?:[\w:]+|\(\*\w+\))(?:(?:\.|->)\w+|\[[^\]]*\]|\([^()]*\))*"
    r"(?:\s(?:[+\-|&^]|<<|>>)?=\s|\().*;$", re.DOTALL)
NO_STATEMENT = re.compile(r"(?:return|if|for|while|switch|case|default|do|else|using|throw|delete)\b")


class change:
    """One change: `wraps` are (begin, end, before, after), `row` is what is left out instead."""

    def __init__(self, kind, what, at, wraps=(), row=None):
        self.kind, self.what, self.at, self.wraps, self.row = kind, what, at, wraps, row
        self.line, self.text, self.at_run_time = 0, "", False

    def name(self, path):
        return " | ".join((path, self.kind, self.what, self.text))


def closing(text, at):
    """Where the bracket that opens at `at` closes."""
    depth = 0
    for place in range(at, len(text)):
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
            if depth == 0:
                return place
    return len(text)


def left_end(text, at, stop):
    """Where the operand before `at` begins: after whatever binds less, or one of `stop`."""
    depth, place = 0, at - 1
    while place >= 0:
        if text[place] in ")]}":
            depth += 1
        elif text[place] in "([{":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (text[place] in ",;?:=" or text[place : place + 2] in stop
                             or text[place - 6 : place] == "return"):
            single = text[place] == ":" and ":" in (text[place - 1], text[place + 1])
            compared = text[place] == "=" and (text[place - 1] in "=!<>" or text[place + 1] == "=")
            if not single and not compared:
                place += len("&&") - 1 if text[place : place + 2] in stop else 0
                break
        place -= 1
    return place + 1 + len(text[place + 1 : at]) - len(text[place + 1 : at].lstrip())


def right_end(text, at, stop):
    """Where the operand after `at` ends."""
    depth, place = 0, at
    while place < len(text):
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (text[place] in ",;?" or text[place : place + 2] in stop):
            break
        elif depth == 0 and text[place] == ":" and ":" not in (text[place - 1], text[place + 1]):
            break
        place += 1
    return len(text[:place].rstrip())


def prepared(text):
    """The code in which changes are looked for."""
    bare = source.code(text)
    for found in list(UNTOUCHED.finditer(bare)):
        at = found.end()
        if found[0] == "[[":
            end = bare.find("]]", at)
        elif found[0] == "requires":
            end = bare.find("\n", at)
        elif re.match(r"\s*<", bare[at:]):
            end = bare.find("\n", at)
        else:
            end = closing(bare, at)
        bare = bare[: found.start()] + re.sub(r"[^\n;{}]", " ", bare[found.start() : end]) + bare[end:]
    return AFTER_SWITCH.sub(lambda m: re.sub(r"[^\n;]", " ", m[0]), bare)


def flip(begin, end):
    return begin, end, "floe_mutation::flip(ID, ", ")"


def binary(bare, found):
    sign = found[1]
    what = f"{sign} to {SWAPS[sign]}"
    if sign in FUNCTIONS:
        pivot = f" floe_mutation::pivot<std::{FUNCTIONS[SWAPS[sign]]}<>>{{ID}} {sign}"
        kind = "arithmetic" if sign in "+-" else "comparison"
        return change(kind, what, found.start(), [(found.end(), None, pivot, "")])
    # A chain of the same operator is grouped from the right, so that the operands of one lie within those of another.
    begin = left_end(bare, found.start(), ("&&", "||"))
    end = right_end(bare, found.end(), ("||",) if sign == "&&" else ())
    begin_right = found.end() + len(bare[found.end() : end]) - len(bare[found.end() : end].lstrip())
    if sign == "||":
        begin = left_end(bare, found.start(), ("||",))
    return change("logic", what, found.start(), [
        flip(begin, end), flip(begin, len(bare[: found.start()].rstrip())), flip(begin_right, end)])


def changes(text):
    """Every change of a header's text, in the order of their places."""
    bare, found_changes = prepared(text), []
    rows = [(found.start(), found.end()) for found in ROW.finditer(bare)]
    found_changes += [change("row", "drop", begin + 4, row=(begin, end)) for begin, end in rows]
    found_changes += [binary(bare, found) for found in BINARY.finditer(bare)]
    for found in NUMBER.finditer(bare):
        value = found[1].replace("'", "")
        more = hex(int(value, 16) + 1) if value[:2].lower() == "0x" else str(int(value) + 1)
        found_changes.append(change("number", f"{found[0]} to {more}{found[2]}", found.start(), [
            (found.start(), found.end(), f"(floe_mutation::on(ID) ? {more}{found[2]} : ", ")")]))
    for found in BOOL.finditer(bare):
        found_changes.append(change("bool", f"{found[0]} to {'false' if found[0] == 'true' else 'true'}", found.start(),
                                    [flip(found.start(), found.end())]))
    for found in CONDITION.finditer(bare):
        begin, end = found.end(), closing(bare, found.end() - 1)
        inside = bare[begin:end]
        if ";" in inside or re.search(r"(?<![<>=!])=(?!=)", re.sub(r"\{.*\}", "", inside, flags=re.DOTALL)):
            continue
        found_changes.append(change("condition", "negate", found.start(), [flip(begin, end)]))
    for found in QUESTION.finditer(bare):
        end = len(bare[: found.start()].rstrip())
        found_changes.append(change("condition", "negate ?", found.start(), [flip(left_end(bare, end, ()), end)]))
    for found in STATEMENT.finditer(bare):
        begin = found.end()
        end = statement_end(bare, begin)
        if end and SIMPLE.match(bare[begin:end]) and not NO_STATEMENT.match(bare[begin:end]):
            if not re.match(r"\s*else\b", bare[end:]) and not re.search(r"= (?:default|delete);$", bare[begin:end]):
                found_changes.append(change("statement", "drop", begin, [
                    (begin, end, "if (!floe_mutation::on(ID)) ", "")]))
    found_changes.sort(key=lambda c: c.at)
    lines, seen = source.without_comments(text).splitlines(), {}
    for c in found_changes:
        c.line = source.line_of(text, c.at)
        c.text = " ".join(lines[c.line - 1].split())
        # Whether `+` can become `-` is for the compiler to say.
        c.at_run_time = not c.row and c.kind != "arithmetic" and is_at_run_time(bare, c.at)
        same = seen[c.kind, c.what, c.text] = seen.get((c.kind, c.what, c.text), 0) + 1
        if same > 1:
            c.what += f" #{same}"
    return found_changes


def is_at_run_time(bare, at):
    """True for what only ever runs: in a function that is not constexpr, and in no constant of its own."""
    line = bare[bare.rfind("\n", 0, at) + 1 : bare.find("\n", at)]
    if re.search(r"\b(?:constexpr|static|case|const)\b", line) or re.search(r"<[\w:, ]*\d+>", line):
        return False
    depth, heads = 0, []
    for place in range(at - 1, -1, -1):
        if bare[place] == "}":
            depth += 1
        elif bare[place] == "{" and depth:
            depth -= 1
        elif bare[place] == "{":
            start = max(bare.rfind(mark, 0, place) for mark in ";{}")
            heads.append(bare[start + 1 : place])
    bodies = [head for head in heads if "(" in head and not re.search(r"\b(?:struct|class|enum|namespace)\b", head)]
    return bool(bodies) and not any("constexpr" in head or "consteval" in head for head in heads)


def statement_end(bare, begin):
    depth = 0
    for place in range(begin, len(bare)):
        if bare[place] in "([{":
            depth += 1
        elif bare[place] in ")]}":
            depth -= 1
            if depth < 0:
                return None
        elif bare[place] == ";" and depth == 0:
            return place + 1
    return None


def changed(text, numbered):
    """The text with several changes in it, given as {number: change}."""
    marks = []  # (place, closing before opening, outer before inner, order, what is put in)
    for number, one in numbered.items():
        if one.row:
            return text[: one.row[0]] + text[one.row[1] :]
        for order, (begin, end, before, after) in enumerate(one.wraps):
            key = (number, order)
            if end is None:
                marks.append((begin, 1, 0, key, before.replace("ID", str(number))))
                continue
            marks.append((begin, 1, -end, key, before.replace("ID", str(number))))
            if after:
                marks.append((end, 0, -begin, (-number, -order), after))
    for place, _, _, _, put in sorted(marks, reverse=True):
        text = text[:place] + put + text[place:]
    return text


# A line of a function's body, and what its changes are called.
SAMPLES = [
    ("if (a < b) return true;", ["condition negate", "comparison < to <=", "bool true to false"]),
    ("return a && b || c;", ["logic && to ||", "logic || to &&"]),
    ("const auto x = is ? 7U : 0x10;", ["condition negate ?", "number 7U to 8U", "number 0x10 to 0x11"]),
    ("rows_[i].count = n - 1;", ["statement drop", "arithmetic - to +", "number 1 to 2"]),
    ("++size_;", ["statement drop"]),
    ("send(a, [](int b) { return b == c; });", ["statement drop", "comparison == to !="]),
    ("Expects(a < b);", []),
    ("static_assert(a + 1 == b);", []),
    ("rows_.reserve(4);", []),
    ("std::vector<int> v;  // one < two", []),
    ("call(const x& a, y&& b);", ["statement drop"]),
]


def self_test():
    """Complains when a kind of change is not found any more, or in the wrong place."""
    for line, expected in SAMPLES:
        text = f"void f() {{\n  {line}\n}}\n"
        found = changes(text)
        names = [f"{one.kind} {one.what}" for one in found]
        if sorted(names) != sorted(expected):
            yield f"{line}: {names} instead of {expected}"
        bracket = changed(text, dict(enumerate(found, 1)))
        if bracket.count("(") != bracket.count(")"):
            yield f"{line}: brackets: {bracket}"
    conjunction = change("logic", "", 0, [flip(15, 21), flip(15, 16), flip(20, 21)])
    both = changed("void f() {\n  g(a && b);\n}\n", {1: conjunction})
    wanted = "flip(1, floe_mutation::flip(1, a) && floe_mutation::flip(1, b))"
    if wanted not in both:
        yield f"{both} instead of {wanted}"
    if [one.kind for one in changes("inline constexpr std::array t{\n    a_rule{s::a, e::b, s::c},\n};\n")] != ["row"]:
        yield "a row of a table is not found"
