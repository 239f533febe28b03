"""Marks of templates: how flow builders, mail programs and languages write a variable.

Compiling the patterns takes as long as all other imports of a reader, and few texts need them:
`unresolved_variables` imports this module for a text with a mark.
"""

import re

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


_WHOLE_MESSAGE = re.compile(
    rf"\[object\s+\w+\]|[$\#@%]\{{[^{{}}]*\}}|\{{\s*{_NAME}\}}|%{_NAME}%"
    rf"|\[\[{_NAME}\]\]|<%[^%]*%>|\*\|[^|]*\|\*|\$[^\W\d]\w*(?:\.\w+)+"
)


def has_variable(text: str) -> bool:
    """Whether an id is or contains a variable."""
    return (
        _TEMPLATE.search(text) is not None
        or _WHOLE.fullmatch(text.strip("\"'`")) is not None
        or _is_marked_name(text)
    )


def is_variable(text: str) -> bool:
    """Whether a text for people is nothing but a variable."""
    return _WHOLE_MESSAGE.fullmatch(text) is not None


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
