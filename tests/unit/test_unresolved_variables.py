"""Variables that a builder did not fill name no customer; every plausible id does."""

import pytest

from couponflow.domain import customer_ids, unresolved_variables

NO_VALUE = (
    """
null|NULL|Null|undefined|Undefined|None|none|NONE|NaN|nan|NAN|nil|NaT|N/A|n/a|#N/A|#REF!|Array
<null>|(null)|[null]|<nil>|[undefined]|"null"|'undefined'|`None`|""|''|{}|[]|()
undefined undefined|null null|None None|undefined, undefined|null,null
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

TEMPLATES = [
    *("{{user_id}}", "{{ user id }}", "x{{id}}", "{{\n}}", "{{id}", "{{{id}}}", "{{contact.id}}"),
    *(
        "{{1.id}}",
        "{{ person|lookup:'id' }}",
        "{{${user_id}}}",
        "={{ $json.id }}",
        "%7B%7Bid%7D%7D",
    ),
    *(r"\{\{id\}\}", "\uff5b\uff5bid\uff5d\uff5d", "wa-{{id}}-{{id}}", "{% id %}"),
    *("${id}", "${contact.id}", "x${id}", "#{id}", "@{id}", "%{id}", "{$id}", "{!Contact.Id}"),
    *("@{triggerBody()?['id']}", "%24%7Bid%7D", "$(id)", "$('Webhook').item.json.id"),
    *("{id}", "{user_id}", "{ contact.id }", "{id}}", "{customer}", "{cuf_115734}", "{0}", "{}"),
    *("$contact.id", "$user.phone", "$json.id", '$json["id"]', "$contact->id", "$.contact.id"),
    *("=$json.id", "$input.first().json.id", "$id", "$customerId", "$contact_id", "$1", "%s"),
    *("tel:$contact.phone", "'$contact.id'", "$session.params.id"),
    *("%CONTACTID%", "%contact_id%", "%EMAIL%", "%ADDRESS%", "%%id%%", "wa-%CONTACTID%"),
    *("%recipient.id%", "%%_subscriberkey%%", "%%=v(@id)=%%", "\uff05CONTACTID\uff05", "[%id%]"),
    *("[[id]]", "[[contact.id]]", "x-[[id]]", "[contact.id]", "[id]", "[user_id]", "[CustomerID]"),
    *("<<id>>", "<% id %>", "<%= contact.id %>", "<id>", "<customer id>", "<YOUR_CUSTOMER_ID>"),
    *("\u00abid\u00bb", "*|EMAIL|*", "*|UNIQID|*", "((id))", "(contact_id)", "|id|", "||id||"),
    *("@id", "@contact.id", "@contact.uuid", "@email", ":id", ":user_id", "#id#", "##email##"),
    *("@@id@@", "~Contact.Id~", "__user_id__", "--email--", "*id*", "[email\u00a0protected]"),
    *("[object Object]", "[object object]", "[object Undefined]", "x[object Object]"),
    *("[object Object],[object Object]", " [object\u00a0Object] "),
]

REAL = [
    *("1", "0", "7", "12345", "+4915112345678", "4915112345678", "+49 151 1234-5678", "(555) 123"),
    *("(030)1234567", "4915112345678@s.whatsapp.net", "US.13491208655302741918", "tel:+49151"),
    *("user:123", "user_123", "ann", "Ann", "o'brien", '"ann"', "ann@example.com", "ann+1@x.org"),
    *("<ann@example.com>", "Ann <ann@example.com>", "ann%40example.com", "%2B4915112345678"),
    *("%E4%BD%A0%E5%A5%BD", "%C3%A9t%C3%A9", "100%", "50%-club", "a%b", "ann%smith"),
    *("U4af4980629a1b2c3d4e5f60718293a4b", "[U4af4980629a1b2c3d4e5f60718293a4b]"),
    *("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}"),
    *("{AB2504E0-4F89-11D3-9A0C-0305E82C3301}", "{deadbeefcafe}", "gid://shopify/Customer/123"),
    *("$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA"),
    *("$annsmith", "$ann", "$100", "$5.00", "$$$", "@annsmith", "@ann.smith", "@contact.berlin"),
    *("@user.group", "#12345", "#ann", "#ann#", "~ann~", "__ann__", "_ann_", "-ann-", "*ann*"),
    *("ann:bob", ":ann", "[Ann]", "[VIP] Ann", "ann[1]", "[12345]", "[2001:db8::1]", "<3", "<ann>"),
    *("Nan", "Nan Li", "Nancy", "Nil", "NA", "na", "Null Island", "nullable", "nonesuch", "noned"),
    *("undefined-1", "undefined_behaviour", "None of these", "Ann (None)", "nul", "nnull", "nano"),
    *("annull", "nonet", "arrayed", "array", "object", "Object", "id", "name", "customer_id"),
    *("user.id", "contact.id", "email", "YWJjZA==", "a|b", "a*b", "a{b", "x}y", '{"id":5}', "{5}x"),
    *("eyJhbGciOiJIUzI1NiJ9.e30.abc-_", "true", "false", "-", "--", "?", "\u738b\u5c0f\u660e"),
    *("\u0e2a\u0e21\u0e0a\u0e32\u0e22", "\u0645\u062d\u0645\u062f", "\U0001f600", "{^_^}"),
]


@pytest.mark.parametrize("text", NO_VALUE + TEMPLATES)
def test_unresolved_variable_is_a_missing_customer(text: str):
    assert customer_ids.canonical(text) is None


@pytest.mark.parametrize("text", REAL)
def test_plausible_id_is_never_taken_for_a_variable(text: str):
    assert customer_ids.canonical(text) == text


@pytest.mark.parametrize(
    "text",
    ["null", "None", "NaN", "[object Object]", "${message}", "{message}", "%MESSAGE%", "*|TEXT|*"],
)
def test_message_that_is_only_a_variable_is_missing(text: str):
    assert unresolved_variables.is_unresolved_message(text)


@pytest.mark.parametrize(
    "text",
    ["Hello {{name}}", "{{coupon_name}}", "[Redeem]", "<3", "50 % off, 20 % more", "$5 off", "@you"]
    + ["None left? Hurry!", "{sale} today", "Save ${amount} now", "(Get it)", "Nan's bakery"],
)
def test_message_with_marks_of_templates_is_kept(text: str):
    assert not unresolved_variables.is_unresolved_message(text)
