"""What the structure tests share: the files, C++ without its comments and literals, scopes, and how to complain.

A structure test is a function from {path: text} to complaints. `run` first feeds it samples, each of which must or
must not be complained about, so that no test passes because it has gone blind; then the tree itself.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

ROOMS = ("core", "crypto", "stun", "ice", "turn", "gather", "sdp", "agent", "hub")

_COMMENT = r"//[^\n]*|/\*.*?\*/"
_LITERAL = r'R"(?P<mark>\w*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"' + r"|(?<!\w)'(?:\\.|[^'\\\n])+'"
_TOKEN = re.compile(f"(?P<comment>{_COMMENT})|(?P<literal>{_LITERAL})", re.DOTALL)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    return _TOKEN.sub(lambda m: _blank(m[0]) if m["comment"] else m[0], text)


def code(text):
    """The text with comments, literals and preprocessor lines blanked; every line keeps its number."""
    text = _TOKEN.sub(lambda m: _blank(m[0]), text)
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: _blank(m[0]), text, flags=re.MULTILINE)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def namespace_statements(text):
    """Yields (namespace, statement, offset) for every declaration at namespace level of `code(text)`.

    A statement ends at its semicolon or at its opening brace, which belongs to it; what is inside is skipped."""
    text = code(text)
    scopes, depth, start = [], 0, 0  # depth: braces and parentheses opened below namespace level
    for match in re.finditer(r"[{}();]", text):
        char, head = match[0], text[start : match.start()]
        if depth == 0 and char == "{" and (name := re.match(r"\s*(?:inline\s+)?namespace\b\s*([\w:]*)", head)):
            scopes.append(name[1])
            start = match.end()
        elif depth == 0 and char == "}":
            if scopes:
                scopes.pop()
            start = match.end()
        elif depth == 0 and char == ";":
            if head.strip():
                yield "::".join(scopes), " ".join(head.split()), start + len(head) - len(head.lstrip())
            start = match.end()
        elif char in "{(":
            depth += 1
        elif char in "})":
            depth -= 1
            # The end of a body, unless more of the same declaration follows it.
            if depth == 0 and char == "}" and not re.match(r"\s*[;,{(\]:]", text[match.end() :]):
                head = text[start : match.end()]
                yield "::".join(scopes), " ".join(head.split()), start + len(head) - len(head.lstrip())
                start = match.end()


def headers():
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "include/floe").rglob("*.hpp"))
    }


def tracked():
    """Every text file that git tracks."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = {}
    for name in filter(None, names.split("\0")):
        try:
            files[name] = (ROOT / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):  # binary, or deleted and not yet committed
            pass
    return files


def run(check, files, good, bad):
    """`good` and `bad` are lists of {path: text}; `files` is called for the real ones."""
    failures = [f"self-test: not noticed: {sample}" for sample in bad if not list(check(sample))]
    failures += [f"self-test: {complaint}" for sample in good for complaint in check(sample)]
    if "--self-test" not in sys.argv:
        failures += check(files())
    for failure in failures:
        print(failure)
    sys.exit(1 if failures else 0)
