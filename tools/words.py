"""`python -m tools.words`: fail on the words that CONTRIBUTING.md rules out, in comments,
docstrings and documents.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, String, _TokenType

from tools.paths import ROOT

ALLOWED = Path(__file__).with_name("words_allowed.txt")
# Comments and docstrings are the only prose of a program; the other files are prose as a whole.
PROGRAMS = {".py", ".js", ".mjs", ".css"}
DOCUMENTS = {".md", ".yaml", ".toml", ".sh", ".html"}
DOCUMENT_NAMES = {"Makefile", "run"}
# Lists of the words themselves, and the output of other programs.
EXEMPT = {"tools/words.py", "tests/unit/test_words.py"}

REPLACEMENTS = {
    r"anew": "again, or re-…",
    r"for ?ever": "permanently",
    r"in vain": "unsuccessfully",
    r"(?:given|gives?|handed|hands?) out": "distributed, distributes",
    r"stands|stood|lies": "is",
    r"(?:is|are|was|were|be|been|being) (?:said|told)|hears": "is reported, gets",
    r"somebody|nobody": "another request, no one: name the actor",
    r"meanwhile|in between": "concurrently, or the interval by its two ends",
    r"rush|rushes": "load spike, burst",
    r"troubles?|troubled": "fault, error",
    r"doors?": "entry point",
    r"any ?more": "no longer",
    r"how-manieth": "number, ordinal",
    r"such as\b[^.;:\n]*\bsuch as": "one list without “such as”",
}
WORDS = re.compile(
    "|".join(rf"(?P<w{n}>\b(?:{pattern})\b)" for n, pattern in enumerate(REPLACEMENTS)),
    re.IGNORECASE,
)
ADVICE = list(REPLACEMENTS.values())
# Names of tests and fields in a document are the names that the code has: not prose.
INLINE_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True)
class Finding:
    """One word in one line of a file; `path` is relative to the repository."""

    path: str
    line: int
    word: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r}: write {self.advice}"


def main() -> int:
    """Print what is above the allowance of its folder. 1 if there is any."""
    findings = list(find_in_repository())
    counts = Counter(folder_of(finding.path) for finding in findings)
    allowed = read_allowances(ALLOWED.read_text())
    excess = [folder for folder in counts if counts[folder] > allowed.get(folder, 0)]
    for finding in findings:
        if folder_of(finding.path) in excess or "--all" in sys.argv:
            print(finding)
    for folder in excess:
        print(
            f"{folder}: {counts[folder]} words, {allowed.get(folder, 0)} allowed", file=sys.stderr
        )
    for folder, count in allowed.items():
        if counts[folder] < count:
            print(f"{ALLOWED.name}: {folder} may go down to {counts[folder]}", file=sys.stderr)
    return int(bool(excess))


def find_in_repository() -> Iterator[Finding]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for path in sorted(listed.stdout.splitlines()):
        if path not in EXEMPT and is_checked(path) and (ROOT / path).is_file():
            yield from find_in_text(path, (ROOT / path).read_text())


def is_checked(path: str) -> bool:
    name = Path(path)
    return name.suffix in PROGRAMS | DOCUMENTS or name.name in DOCUMENT_NAMES


def find_in_text(path: str, text: str) -> Iterator[Finding]:
    """Yield each ruled-out word of a file's prose."""
    if not WORDS.search(text):
        return
    for line, prose in _prose(path, text):
        for match in WORDS.finditer(prose):
            number = line + prose.count("\n", 0, match.start())
            word = re.sub(r"\s+", " ", match[0])
            yield Finding(path, number, word, ADVICE[int(str(match.lastgroup)[1:])])


def folder_of(path: str) -> str:
    """Return the unit that an allowance covers, one to three folders deep: `tests/unit`, `docs`,
    `.`.
    """
    folders = Path(path).parts[:-1]
    depth = {"tests": 2, "functions": 2, "layers": 4}.get(folders[0], 1) if folders else 0
    return "/".join(folders[:depth]) or "."


def read_allowances(text: str) -> dict[str, int]:
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {folder: int(count) for folder, count in lines}


def _prose(path: str, text: str) -> Iterable[tuple[int, str]]:
    """Yield (line number, text) of each comment and docstring, or of the whole document."""
    if Path(path).suffix not in PROGRAMS:
        yield 1, INLINE_CODE.sub("``", text)
        return
    for position, kind, value in get_lexer_for_filename(path).get_tokens_unprocessed(text):
        if _is_prose(kind):
            yield text.count("\n", 0, position) + 1, INLINE_CODE.sub("``", value)


def _is_prose(kind: _TokenType) -> bool:
    return kind in Comment or kind in String.Doc


if __name__ == "__main__":
    sys.exit(main())
