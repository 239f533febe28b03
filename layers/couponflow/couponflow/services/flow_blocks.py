"""Use cases of flow authors: create, change, list and delete Distribute Coupon blocks."""

from dataclasses import asdict, replace
from datetime import datetime

from couponflow.domain import channel_limits, links, message_templates, messages
from couponflow.domain.errors import CouponArchived, NotFound, ValidationFailed, VersionConflict
from couponflow.domain.flow_blocks import FlowBlock, FlowBlockContent
from couponflow.domain.models import Coupon
from couponflow.services.coupons import CouponService
from couponflow.store import revisions
from couponflow.store.flow_blocks import BlockChangedError, FlowBlockStore, place_of
from couponflow.store.idempotency import Creation, IdempotencyKey
from couponflow.store.revisions import Seen


class FlowBlockService:
    """Creates, changes and lists saved blocks of an organisation."""

    def __init__(self, campaigns: CouponService, blocks: FlowBlockStore) -> None:
        self._campaigns, self._blocks = campaigns, blocks

    def require_addon(self, organisation_id: str) -> None:
        """Raises AddonDisabled."""
        self._campaigns.require_addon(organisation_id)

    def create(
        self,
        organisation_id: str,
        content: FlowBlockContent,
        now: datetime,
        key: IdempotencyKey | None = None,
    ) -> FlowBlock:
        """Create a block.

        Raises CouponNotFound, CouponArchived, ValidationFailed, KeyUsedError.
        """
        self._check(organisation_id, content)
        block = _new_block(organisation_id, content, links.new_id(), now)
        self._blocks.create(block, key)
        return block

    def describe_creation(
        self, organisation_id: str, content: FlowBlockContent, made: Creation
    ) -> FlowBlock:
        """Return the block as an earlier request with the same body created it. Reads nothing."""
        return _new_block(organisation_id, content, made.resource_id, made.created_at)

    def get(self, organisation_id: str, block_id: str) -> FlowBlock:
        """Raises AddonDisabled; NotFound, also for a block of another organisation."""
        self.require_addon(organisation_id)
        block = self._blocks.get(organisation_id, block_id)
        if block is None:
            raise NotFound
        return block

    def list_page(
        self, organisation_id: str, before: str | None, at_most: int
    ) -> tuple[list[FlowBlock], str | None]:
        """Return a page of blocks, newest first, and the place of the next page or None.

        Raises AddonDisabled.
        """
        self.require_addon(organisation_id)
        found = self._blocks.list_page(organisation_id, before, at_most + 1)
        return found[:at_most], place_of(found[at_most - 1]) if len(found) > at_most else None

    def replace(
        self,
        block: FlowBlock,
        content: FlowBlockContent,
        now: datetime,
        seen: Seen = None,
        idempotency_key: str | None = None,
    ) -> FlowBlock:
        """Save the block. Flows follow within two seconds.

        With `seen`, a repetition of the last save changes nothing and is answered like the first.

        Raises NotFound, CouponNotFound, CouponArchived, ValidationFailed; VersionConflict if the
        block was saved since the author saw it.
        """
        self._check(block.organisation_id, content)
        request_hash = revisions.hash_request(asdict(content), seen, idempotency_key)
        revision = revisions.new_revision(request_hash)
        block = replace(block, content=content, updated_at=now, revision=revision)
        try:
            self._blocks.replace(block, seen)
        except BlockChangedError as changed:
            if not revisions.is_save_of(changed.block.revision, request_hash):
                raise VersionConflict from changed
            return changed.block
        return block

    def delete(self, organisation_id: str, block_id: str) -> None:
        """Delete the block. Flows that still name it get the outcome `error`.

        Raises AddonDisabled, NotFound.
        """
        self._blocks.delete(organisation_id, self.get(organisation_id, block_id).block_id)

    def _check(self, organisation_id: str, content: FlowBlockContent) -> None:
        coupon = self._campaigns.coupon(organisation_id, content.coupon_id)
        if coupon.archived_at is not None:
            raise CouponArchived
        if wrong := problems_of(content, coupon):
            raise ValidationFailed(
                errors=[{"field": field, "message": message} for field, message in wrong.items()]
            )


def _new_block(
    organisation_id: str, content: FlowBlockContent, block_id: str, created_at: datetime
) -> FlowBlock:
    """Return a block as it is created. Its first revision is its id, also for a repetition."""
    return FlowBlock(block_id, organisation_id, content, created_at, created_at, revision=block_id)


def problems_of(content: FlowBlockContent, coupon: Coupon) -> dict[str, str]:
    """Return by field what the channel would refuse.

    Texts are rendered with the coupon of today.
    """
    limits = channel_limits.limits_for(content.channel)
    known = messages.placeholder_values(
        coupon, coupon.ends_at, uses_left=coupon.max_redemptions_per_customer, customer_name=None
    )
    longest = {
        "message": limits.message_length(beside_image=content.image_url is not None),
        "button_title": limits.button_title,
    }
    wrong: dict[str, str] = {}
    for field, most in longest.items():
        text = getattr(content, field) or ""
        size = message_templates.length(message_templates.render(text, known))
        if problem := message_templates.placeholder_error(text):
            wrong[field] = problem
        elif size > most:
            wrong[field] = (
                f"has {size} characters when filled; {_where(content, field)} takes {most}"
            )
    kind = messages.image_kind(content.image_url or "")
    if kind and limits.images and kind not in limits.images:
        wrong["image_url"] = (
            f"is a .{kind}; {content.channel} shows {', '.join(sorted(limits.images))}"
        )
    return wrong


def _where(content: FlowBlockContent, field: str) -> str:
    is_beside = (
        field == "message"
        and content.image_url
        and channel_limits.limits_for(content.channel).message_beside_image
    )
    return (content.channel or "a block") + (" beside an image" if is_beside else "")
