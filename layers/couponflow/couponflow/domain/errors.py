"""Everything that can be answered instead of what was asked for: one family, each with its stable code.

The HTTP status of each lies in web/problems.py; a test holds that none is left out.
"""

from collections.abc import Sequence
from typing import ClassVar


class CouponflowError(Exception):
    """An answer, not an accident: `code` is part of the contract, the message is for the reader of a problem response."""

    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, detail: str | None = None, **members: object) -> None:
        super().__init__(detail or self.sentence)
        self.members = members


class InvalidJson(CouponflowError):
    code, sentence = "invalid_json", "The body is not valid JSON in UTF-8."


class InvalidCursor(CouponflowError):
    code, sentence = "invalid_cursor", "The cursor does not come from this list."


class VersionRequired(CouponflowError):
    code, sentence = "version_required", "Say which version you saw: `version` in the body, or If-Match."


class Unauthenticated(CouponflowError):
    code, sentence = "unauthenticated", "A valid key is needed: Authorization: Bearer cf_<id>_<secret>."


class ScopeMissing(CouponflowError):
    code, sentence = "scope_missing", "This key may not do that."


class AddonDisabled(CouponflowError):
    code, sentence = "addon_disabled", "The coupon add-on is switched off for this organisation."


class ForeignOrigin(CouponflowError):
    code, sentence = "foreign_origin", "A coupon is redeemed from its own page only."


class NotFound(CouponflowError):
    code, sentence = "not_found", "There is nothing here."


class MethodNotAllowed(CouponflowError):
    code, sentence = "method_not_allowed", "This address does not take that method."

    def __init__(self, methods: Sequence[str]) -> None:
        super().__init__()
        self.methods = methods


class CodeTaken(CouponflowError):
    code, sentence = "code_taken", "Another coupon of this organisation has this code."


class LimitBelowUsed(CouponflowError):
    """Carries `times_redeemed`, and `max_redemptions`, the limit that holds now."""

    code, sentence = "limit_below_used", "The limit can't be lower than what is redeemed already."


class CouponArchived(CouponflowError):
    code, sentence = "coupon_archived", "An archived coupon can't be changed."


class RedeemNotOffered(CouponflowError):
    code, sentence = "redeem_not_offered", "This coupon is not redeemed on its page."


class VersionConflict(CouponflowError):
    """Carries `version`, the one that holds now."""

    code, sentence = "version_conflict", "Somebody else changed this in between; read it again."


class BodyTooLarge(CouponflowError):
    code, sentence = "body_too_large", "The body may have 64 KiB at most."


class UnsupportedMediaType(CouponflowError):
    code, sentence = "unsupported_media_type", "The body must be application/json."


class ValidationFailed(CouponflowError):
    """Carries `errors`: [{field, message}]."""

    code, sentence = "validation_failed", "Some fields are not right."

    @classmethod
    def for_field(cls, field: str, message: str) -> "ValidationFailed":
        return cls(errors=[{"field": field, "message": message}])


class TooManyRequests(CouponflowError):
    """Carries `retry_after`, in seconds."""

    code, sentence = "too_many_requests", "Too many requests; wait a little."


class TryAgain(CouponflowError):
    """Nothing is decided and nothing lost: the same request may simply be sent again."""

    code, sentence = "try_again", "Too busy right now; the same request may be sent again."


class InternalError(CouponflowError):
    code, sentence = "internal_error", "Something went wrong on our side."


class Refusal(CouponflowError):
    """Why a coupon can't be used or given out: the same words everywhere."""


class CouponNotFound(Refusal):
    code, sentence = "coupon_not_found", "There is no such coupon."


class CouponDisabled(Refusal):
    code, sentence = "coupon_disabled", "This coupon is switched off."


class CouponExpired(Refusal):
    code, sentence = "coupon_expired", "This coupon has expired."


class CouponNotStarted(Refusal):
    code, sentence = "coupon_not_started", "This coupon is not valid yet."


class CustomerMaxUsesReached(Refusal):
    code, sentence = "customer_max_uses_reached", "This customer has used the coupon as often as allowed."


class CouponMaxUsesReached(Refusal):
    code, sentence = "coupon_max_uses_reached", "All uses of this coupon are taken."
