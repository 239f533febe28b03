"""The word check finds prose and nothing else."""

import pytest

from tools import words


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "# Nobody reads this.\n"),
        ("a.py", '"""Read the coupon anew."""\n'),
        ("a.py", 'def f():\n    """Return it.\n\n    It stands there.\n    """\n'),
        ("a.js", "let x = 1; // meanwhile\n"),
        ("a.js", "/* the front\n   door */\n"),
        ("a.css", "/* in vain */\n"),
        ("a.md", "# Heading\n\nLimits hold in a rush.\n"),
        ("template.yaml", "# Given out once.\nKey: 1\n"),
        ("template.yaml", "Description: Somebody pays\n"),
        ("Makefile", "run: ## the locks anew\n"),
        ("a.md", "fields such as a, b, or others such as c\n"),
        ("a.md", "The key is not used any more.\n"),
    ],
)
def test_ruled_out_word_in_prose_is_found(path, text):
    assert list(words.find_in_text(path, text))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'message = "Somebody else changed this."\nanew = 1\n'),
        ("a.js", 'const text = "nobody"; const url = "http://door"; const r = /"rush/;\n'),
        ("a.md", "`tests/test_a.py::test_nobody_else` holds it, whatever it is such as.\n"),
        ("a.md", "The indoors, a crush and an understandably troubleshooting reader.\n"),
    ],
)
def test_code_and_names_are_not_prose(path, text):
    assert not list(words.find_in_text(path, text))


def test_finding_names_file_line_word_and_replacement():
    text = '"""One.\n\nTwo is read\nanew here.\n"""\n'
    [finding] = words.find_in_text("a.py", text)
    assert str(finding) == "a.py:4: 'anew': write again, or re-…"


def test_allowance_covers_a_folder_of_its_own():
    assert words.folder_of("tests/unit/page/test_x.py") == "tests/unit"
    assert words.folder_of("layers/couponflow/couponflow/web/http/app.py") == (
        "layers/couponflow/couponflow/web"
    )
    assert words.folder_of("README.md") == "."


def test_excess_fails_and_names_each_word(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(words, "ALLOWED", tmp_path / "allowed.txt")
    words.ALLOWED.write_text("docs 1\n")
    found = [words.Finding("docs/a.yaml", line, "anew", "again") for line in (1, 2)]
    monkeypatch.setattr(words, "find_in_repository", lambda: iter(found))
    assert words.main() == 1
    assert capsys.readouterr().out.count("docs/a.yaml") == 2
