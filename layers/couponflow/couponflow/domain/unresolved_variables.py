"""Variables that a flow builder did not fill: their text arrives instead of a value, and all
customers would share it.

Nothing here may match an id that a real customer can have: phone numbers, e-mail addresses, user
names, UUIDs (in braces too), hashes. tests/unit/test_unresolved_variables.py has both lists.
"""

import re
import unicodedata

# Programs print these for "no value", in any case.
_NO_VALUE = {"", "null", "undefined", "none", "n/a", "#n/a", "#ref!", "#value!", "#name?", "#null!"}
# In another case these are names of people: Nan, Nil.
_NO_VALUE_IN_THIS_CASE = {"NaN", "nan", "NAN", "nil", "NaT", "Array"}
_AROUND = "\"'`()[]<>{} "

# A name has letters, and few digits: a value in brackets, such as a GUID, has many.
_NAME = r"(?!(?:\D*\d){7})(?![0-9A-Fa-f-]{8,}\W)[^\W\d][\w .:|-]*"
_TEMPLATE = re.compile(
    r"\{\\?\{|[$\#@%]\{|\{[%!$\#]|<%|\*\||%7B%7B|%24%7B"  # one opening mark is enough
    r"|\[\[.+?\]\]|<<.+?>>|«.+?»|%%.+?%%|\$\([^()]*\)"
    r"|\[object\s+\w+\]"
    r"|%(?![0-9A-Fa-f]{2})[^\W\d]\w{2,}%"
    r"|\$(?:contact|customer|user|subscriber|client|person)\.\w+",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE = re.compile(
    rf"\{{\s*{_NAME}\}}{{1,2}}"  # {id}
    rf"|%{_NAME}%"  # %ADDRESS%
    rf"|\(\({_NAME}\)\)"
    r"|=?\$[^\W\d]\w*(?:(?:\.|->|::)\w+|\[[^\]]*\]|\(\))+"  # $contact.id, $json["id"]
    r"|=?\$\.{1,2}[^\W\d]\w*(?:\.\w+)*"  # $.contact.id
    r"|\{\d{0,2}\}|\$\d|%(?:\d\$)?[sd]"  # {0}, $1, %s
    r"|\[email protected\]"  # what a CDN shows for an address
)
_SUBJECT = (
    "contact|customer|user|subscriber|client|lead|member|person|profile|recipient|sender|visitor"
    "|messenger|whatsapp|wa|chat|conversation|session|external|first|last|full|cuf"
)
_FIELD = "id|uid|uuid|guid|psid|e?mail|emailaddress|phone|phonenumber|mobile|msisdn|name|username"
_KNOWN_NAME = re.compile(
    rf"(?:{_SUBJECT})*(?:{_FIELD})|(?:{_SUBJECT})+(?:key|ref|code|number|handle|tel|urn)"
)
# In brackets, documentation style too: <your customer id>.
_BRACKETED = re.compile(r"\[([^\[\]]+)\]|<([^<>]+)>")
_BRACKETED_NAME = re.compile(rf"(?:your|the|enter|insert)?(?:{_KNOWN_NAME.pattern})")
_SUBJECT_AND_FIELD = re.compile(rf"(?:{_SUBJECT})[ ._-]\w+", re.IGNORECASE)
# A mark that user names have as well: it makes a variable of a known name only.
_MARKED = re.compile(r"[$@:](?=\w)(.+)|([#@|~*_^$:.-]{1,2}|\()(\w.*\w)(?:\2|\))")
_SEPARATORS = re.compile(r"[\W_]+")


def is_unresolved(text: str) -> bool:
    """Whether the text, which is clean, is or contains a variable that was not filled, or is "no
    value" as programs print it.
    """
    plain = unicodedata.normalize("NFKC", text)
    return (
        is_no_value(plain)
        or _TEMPLATE.search(plain) is not None
        or _WHOLE.fullmatch(plain.strip("\"'`")) is not None
        or _is_marked_name(plain)
    )


def is_no_value(text: str) -> bool:
    """Whether the text is "no value" as programs print it, once or for each of several values."""
    return all(
        word.casefold() in _NO_VALUE or word in _NO_VALUE_IN_THIS_CASE
        for word in re.split(r"[\s,;]+", text.strip(_AROUND))
    )


def is_unresolved_message(text: str) -> bool:
    """Whether a text for people is nothing but an unresolved variable.

    A text may contain marks of templates: {{customer_name}}, "[Redeem]", "50 % off".
    """
    return is_no_value(text) or (
        re.fullmatch(
            rf"\[object\s+\w+\]|[$\#@%]\{{[^{{}}]*\}}|\{{\s*{_NAME}\}}|%{_NAME}%"
            rf"|\[\[{_NAME}\]\]|<%[^%]*%>|\*\|[^|]*\|\*|\$[^\W\d]\w*(?:\.\w+)+",
            text,
        )
        is not None
    )


def _is_marked_name(text: str) -> bool:
    if found := _BRACKETED.fullmatch(text):
        name = (found[1] or found[2]).strip()
        return (
            _BRACKETED_NAME.fullmatch(_letters(name)) is not None
            or _SUBJECT_AND_FIELD.fullmatch(name) is not None
        )
    found = _MARKED.fullmatch(text)
    return found is not None and _KNOWN_NAME.fullmatch(_letters(found[1] or found[3])) is not None


def _letters(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()
