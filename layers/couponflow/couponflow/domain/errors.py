"""Every error that a client can get: one family, each with its stable code.

web/http/problems.py has the HTTP status of each; a test holds that none is missing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar


class CouponflowError(Exception):
    """An error that a client gets.

    `code` is part of the contract; the message is for people; `members` are extra fields.
    """

    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, detail: str | None = None, **members: object) -> None:
        super().__init__(detail or self.sentence)
        self.members = members


class InvalidJson(CouponflowError):
    """The body is not strict JSON."""

    code, sentence = "invalid_json", "The body is not valid JSON in UTF-8."


class InvalidRequest(CouponflowError):
    """Fields that cannot be read: not UTF-8, or one of them repeated.

    Member: `errors`, a list of {field, message}.
    """

    code, sentence = "invalid_request", "The request can't be read."

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """The error of a single field."""
        return cls(errors=[{"field": field, "message": message}])


class InvalidCursor(CouponflowError):
    """A cursor that this list did not return."""

    code, sentence = "invalid_cursor", "The cursor does not come from this list."


class VersionRequired(CouponflowError):
    """A change without the version that the caller saw."""

    code, sentence = (
        "version_required",
        "Say which version you saw: `version` in the body, or If-Match.",
    )


class Unauthenticated(CouponflowError):
    """No key, an unknown key, a wrong secret or a revoked key."""

    code, sentence = (
        "unauthenticated",
        "A valid key is needed: Authorization: Bearer cf_<id>_<secret>.",
    )


class ScopeMissing(CouponflowError):
    """The key is valid, but lacks the scope of the route."""

    code, sentence = "scope_missing", "This key may not do that."


class AddonDisabled(CouponflowError):
    """The organisation has the coupon add-on switched off."""

    code, sentence = "addon_disabled", "The coupon add-on is switched off for this organisation."


class ForeignOrigin(CouponflowError):
    """A redemption sent by another site's page."""

    code, sentence = "foreign_origin", "A coupon is redeemed from its own page only."


class NotFound(CouponflowError):
    """No such thing, or not in this organisation."""

    code, sentence = "not_found", "There is nothing here."


class MethodNotAllowed(CouponflowError):
    """The address exists, with other methods: `methods`."""

    code, sentence = "method_not_allowed", "This address does not take that method."

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__()
        self.methods = methods


class CodeTaken(CouponflowError):
    """Another open coupon of the organisation has the code."""

    code, sentence = "code_taken", "Another coupon of this organisation has this code."


class LimitBelowUsed(CouponflowError):
    """The new limit is below the uses so far.

    Members: `times_redeemed`, and `max_redemptions`, the current limit.
    """

    code, sentence = "limit_below_used", "The limit can't be lower than what is redeemed already."


class CouponArchived(CouponflowError):
    """A change of an archived coupon."""

    code, sentence = "coupon_archived", "An archived coupon can't be changed."


class RedeemNotOffered(CouponflowError):
    """The coupon's page has no redeem button."""

    code, sentence = "redeem_not_offered", "This coupon is not redeemed on its page."


class VersionConflict(CouponflowError):
    """The caller has seen an older version. Member: `version`, the current one."""

    code, sentence = "version_conflict", "Somebody else changed this in between; read it again."


class BodyTooLarge(CouponflowError):
    """More than 64 KiB."""

    code, sentence = "body_too_large", "The body may have 64 KiB at most."


class UnsupportedMediaType(CouponflowError):
    """A media type that the route does not parse."""

    code, sentence = "unsupported_media_type", "The body must be application/json."


class ValidationFailed(CouponflowError):
    """Input that breaks a rule. Member: `errors`, a list of {field, message}."""

    code, sentence = "validation_failed", "Some fields are not right."

    @classmethod
    def for_field(cls, field: str, message: str) -> "ValidationFailed":
        """The error of a single field."""
        return cls(errors=[{"field": field, "message": message}])


class UseOutOfOrder(ValidationFailed):
    """A tap of a use whose predecessor is still open. The link is one of ours."""


class TooManyRequests(CouponflowError):
    """A rate limit is reached. Member: `retry_after`, in seconds."""

    code, sentence = "too_many_requests", "Too many requests; wait a little."


class TryAgain(CouponflowError):
    """Nothing was written: the same request may be sent again."""

    code, sentence = (
        "try_again",
        "Too busy right now. Nothing was changed; send the same request again.",
    )


class OutcomeUnknown(CouponflowError):
    """The write may have been made: its answer was lost, or a later step failed.

    The detail says how to find out.
    """

    code, sentence = (
        "outcome_unknown",
        "The change may have been made. Read it before you send the request again.",
    )


class InternalError(CouponflowError):
    """A bug of ours; the log has its stack trace."""

    code, sentence = "internal_error", "Something went wrong on our side."


class Refusal(CouponflowError):
    """A reason why a coupon can be neither used nor distributed; every entry point has the same
    reasons.

    `ends_at`: the end of the coupon for the customer, where the refusal is about one.
    """

    ends_at: datetime | None = None


class CouponNotFound(Refusal):
    """No such coupon, or one of another organisation, or a link that we did not make."""

    code, sentence = "coupon_not_found", "There is no such coupon."


class CouponDisabled(Refusal):
    """The coupon is switched off."""

    code, sentence = "coupon_disabled", "This coupon is switched off."


class CouponExpired(Refusal):
    """The active period is over."""

    code, sentence = "coupon_expired", "This coupon has expired."


class CouponNotStarted(Refusal):
    """The active period has not begun."""

    code, sentence = "coupon_not_started", "This coupon is not valid yet."


class CouponNotOpen(Refusal):
    """Outside the opening hours. Member: `opens_at`, None if the coupon ends before."""

    code, sentence = "coupon_not_open", "This coupon is not valid at this time of day."


class CustomerMaxUsesReached(Refusal):
    """The customer has used the coupon as often as its limit allows."""

    code, sentence = (
        "customer_max_uses_reached",
        "This customer has used the coupon as often as allowed.",
    )


class CustomerPeriodUsesReached(Refusal):
    """The customer has used the coupon as often as a day, week or month allows.

    Member: `again_at`, when the next one begins, None if the coupon ends before.
    """

    code, sentence = (
        "customer_period_uses_reached",
        "This customer has used the coupon as often as allowed for now.",
    )


class CouponMaxUsesReached(Refusal):
    """Every unit of the overall limit is redeemed."""

    code, sentence = "coupon_max_uses_reached", "All uses of this coupon are taken."
