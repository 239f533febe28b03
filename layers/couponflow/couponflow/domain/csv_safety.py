"""Formula injection: no cell of a CSV file may be calculated by a spreadsheet."""

import re

from couponflow.domain import texts

# The first character of a formula, in full-width form too. Spreadsheets that separate cells by
# semicolons or tabs split a text there, so the pattern looks behind those too. Programs differ in
# what they skip before it: blanks, quotes, invisible characters.
_BEGINS_FORMULA = re.compile(
    r"(^|[;,|\t\r\n\v\f\x00\u2028\u2029])"
    rf"(?=[\s\"'{texts.INVISIBLE}{texts.BLANKS}]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])"
)


def escape_formulas(text: str) -> str:
    """The text with an apostrophe before each formula: a spreadsheet then shows the formula as
    text.
    """
    return _BEGINS_FORMULA.sub(r"\1'", text)
