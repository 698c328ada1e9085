#!/usr/bin/env python3
"""A header includes only from its own room and from rooms to its left, the standard library, and GSL.

It begins with core/language.hpp, so that a compiler without C++20 says that before anything else.

    core -> crypto -> stun -> ice ---------------> agent -> hub
                           -> turn -> gather --->
                           -> sdp (which knows ice's value types; gather knows its URIs)

    record looks at all of them from the right; a host includes it explicitly.
"""

import re

import source

LEFT = {
    "core": set(),
    "crypto": {"core"},
    "stun": {"core", "crypto"},
    "ice": {"core", "crypto", "stun"},
    "turn": {"core", "crypto", "stun"},
    "gather": {"core", "crypto", "stun", "turn"},
    "sdp": {"core", "crypto", "stun"},
    "agent": {"core", "crypto", "stun", "ice", "turn", "gather"},
    "hub": {"core", "crypto", "stun", "ice", "turn", "gather", "agent"},
    "record": {"core", "crypto", "stun", "ice", "turn", "gather", "sdp", "agent"},
}

# Single headers that a room may see beyond that.
ALSO = {"sdp": {"ice/candidate.hpp", "ice/foundation.hpp", "ice/hidden.hpp"}, "gather": {"sdp/uri.hpp"}}

# The host's business, or nobody's: sans-I/O, one thread, no hidden input, no exceptions.
DENIED_STANDARD = set(
    "iostream istream ostream iosfwd ios streambuf fstream sstream spanstream syncstream iomanip print cstdio locale "
    "codecvt filesystem regex thread stop_token mutex shared_mutex condition_variable atomic future semaphore latch "
    "barrier coroutine random ctime cstdlib cassert csignal csetjmp cerrno exception stdexcept typeinfo typeindex"
    .split()
)

# The CPU's own hash instructions.
INTRINSICS = {"immintrin.h", "smmintrin.h", "wmmintrin.h", "cpuid.h", "intrin.h", "arm_neon.h", "arm_acle.h"}

# The one header that hands the crypto over to another library; floe.hpp does not include it.
OPENSSL = "crypto/openssl.hpp"

# The room that only those need who want recordings.
RECORD = "record"

# What every header begins with; its own include is of a file that nobody has.
LANGUAGE = "floe/core/language.hpp"

# Includes only, and leads to all others.
UMBRELLA = "include/floe/floe.hpp"


def is_apart(path):
    """True for headers that the umbrella leaves to those who want them."""
    return path == f"include/floe/{OPENSSL}" or path.startswith(f"include/floe/{RECORD}/")


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(path):
    return path.split("/")[0] if "/" in path else None


def refusal(includer, quote, included):
    """Why `includer` (relative to include/floe) may not include this, or None."""
    room = room_of(includer)
    if f"floe/{includer}" == LANGUAGE:
        return None if included == "C++20" else "it comes before all others"
    if quote == '"':
        if not included.startswith("floe/"):
            return "written relative; floe's headers are included as \"floe/...\""
        target = included.removeprefix("floe/")
        if included == LANGUAGE:
            return None
        if includer == "floe.hpp":
            return "the umbrella leaves this to those who want it" if is_apart(f"include/floe/{target}") else None
        if room_of(target) is None:
            return "an umbrella is for users"
        if room_of(target) in {room} | LEFT.get(room, set()) or target in ALSO.get(room, set()):
            return None
        return f"{room_of(target)} is not to the left of {room}"
    if included.startswith("gsl/"):
        return None if included not in ("gsl/gsl", "gsl/narrow") else "gsl::narrow throws"
    if room == "crypto" and included in INTRINSICS or includer == OPENSSL and included.startswith("openssl/"):
        return None
    if not re.fullmatch(r"[a-z_]+|c[a-z]+", included):
        return "neither the standard library nor GSL"
    return "the core has no use for it" if included in DENIED_STANDARD else None


def check(files):
    for path, text in files.items():
        includer = path.removeprefix("include/floe/")
        text = source.without_comments(text)
        for match in INCLUDE.finditer(text):
            if reason := refusal(includer, match[1], match[2]):
                yield f"{path}:{source.line_of(text, match.start())}: {match[2]}: {reason}"
        first = INCLUDE.search(text)
        if f"floe/{includer}" != LANGUAGE and (not first or first[2] != LANGUAGE):
            yield f"{path}: does not begin with {LANGUAGE}"
        if includer == "floe.hpp" and INCLUDE.sub("", text.replace("#pragma once", "")).strip():
            yield f"{path}: has more in it than includes"
    if UMBRELLA in files:
        for path in sorted(files.keys() - reachable(UMBRELLA, files)):
            if not is_apart(path) and path != "include/floe/fwd.hpp":
                yield f"{UMBRELLA}: does not lead to {path}"


def reachable(start, files):
    seen, todo = set(), [start]
    while todo:
        path = todo.pop()
        if path in files and path not in seen:
            seen.add(path)
            todo += (f"include/{match[2]}" for match in INCLUDE.finditer(source.without_comments(files[path])))
    return seen


def header(name, text, first=f'#include "{LANGUAGE}"\n'):
    return {f"include/floe/{name}": first + text + "\n"}


GOOD = [
    header("core/language.hpp", "#include <C++20>", ""),
    header("core/a.hpp", '#include <cstdint>\n#include <gsl/span>\n#include "floe/core/b.hpp"'),
    header("stun/attributes/a.hpp", '#include "floe/stun/b.hpp"\n#include "floe/crypto/b.hpp"'),
    header("sdp/a.hpp", '#include "floe/ice/candidate.hpp"'),
    header("gather/a.hpp", '#include "floe/sdp/uri.hpp"\n#include "floe/turn/b.hpp"'),
    header("crypto/sha1.hpp", "#include <immintrin.h>"),
    header(OPENSSL, "#include <openssl/evp.h>"),
    header("record/a.hpp", '#include "floe/agent/agent.hpp"\n#include "floe/sdp/b.hpp"'),
    header("hub/a.hpp", '// #include <thread>\n#include "floe/agent/agent.hpp"'),
    header("floe.hpp", '#pragma once\n#include "floe/hub/b.hpp"')
    | header("hub/b.hpp", '#include "floe/core/a.hpp"')
    | header("core/a.hpp", ""),
]

BAD = [
    header("core/a.hpp", "", ""),
    header("core/a.hpp", f'#include "{LANGUAGE}"', "#include <cstdint>\n"),
    header("core/a.hpp", "#include <C++20>"),
    header("core/language.hpp", "#include <cstdint>", ""),
    header("core/a.hpp", '#include "floe/crypto/b.hpp"'),
    header("stun/attributes/a.hpp", '#include "floe/ice/b.hpp"'),
    header("ice/a.hpp", '#include "floe/turn/b.hpp"'),
    header("turn/a.hpp", '#include "floe/ice/b.hpp"'),
    header("gather/a.hpp", '#include "floe/ice/b.hpp"'),
    header("gather/a.hpp", '#include "floe/sdp/candidate.hpp"'),
    header("sdp/a.hpp", '#include "floe/ice/checklist.hpp"'),
    header("agent/a.hpp", '#include "floe/hub/b.hpp"'),
    header("agent/a.hpp", '#include "floe/floe.hpp"'),
    header("core/a.hpp", '#include "b.hpp"'),
    header("core/a.hpp", "#include <thread>"),
    header("core/a.hpp", "#include <sys/socket.h>"),
    header("core/a.hpp", "#include <boost/asio.hpp>"),
    header("core/a.hpp", "#include <immintrin.h>"),
    header("crypto/a.hpp", "  #  include <openssl/evp.h>"),
    header("floe.hpp", "#pragma once") | header("core/a.hpp", ""),
    header("floe.hpp", "#pragma once\nint more;"),
    header("floe.hpp", f'#include "floe/{OPENSSL}"'),
    header("floe.hpp", '#include "floe/record/a.hpp"'),
    header("agent/a.hpp", '#include "floe/record/a.hpp"'),
]

if __name__ == "__main__":
    source.run(check, source.headers, GOOD, BAD)
