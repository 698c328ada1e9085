#!/usr/bin/env python3
"""No tracked file names a place on somebody's machine or network."""

import re

import source

# In two parts, so that this file passes its own test.
PLACES = re.compile(
    r"(?<![\w.$}])/" + r"(?:work|root|home|Users)/"
    r"|https?://" + r"[\w.-]*(?:registry|artifact|mirror|proxy|\.internal|\.local)\b[\w.-]*"
    r"|https?://" + r"(?!127\.)\d+\.\d+\.\d+\.\d+"
)


def check(files):
    for path, text in files.items():
        for match in PLACES.finditer(text):
            yield f"{path}:{source.line_of(text, match.start())}: {match[0]}"


GOOD = [
    {"README.md": "https://www.rfc-editor.org/rfc/rfc8445 and ../shared/work/x, $HOME/x, ~/x, network/work/x"},
    {"dev": "http://127.0.0.1/"},
]

BAD = [
    {"dev": "cd /" + "work/main"},
    {"dev": "'/" + "home/me/floe'"},
    {"dev": "PATH=/usr/bin:/" + "root/bin"},
    {"a.wrap": "source_url = https://" + "my-registry.example.com/a.tar.gz"},
    {"a.wrap": "http://" + "10.0.0.1/a.tar.gz"},
]

source.run(check, source.tracked, GOOD, BAD)
