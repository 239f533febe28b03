"""Text that may be opened in a spreadsheet: no cell of it is taken for a formula."""

import re

# What makes a formula, in wide letters too. Where lists are separated by semicolons or tabs a text is cut there, so it is
# looked at behind those as well; behind white space programs differ.
_BEGINS_FORMULA = re.compile(r"(^|[;,|\t\r\n\v\f\x00\u2028\u2029])(?=[\s\x00\"']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r])")


def escape_formulas(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would calculate: it shows the rest as it is."""
    return _BEGINS_FORMULA.sub(r"\1'", text)
