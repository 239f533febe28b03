"""Distribute Coupon blocks. The key holds the organisation, so a foreign id is an unknown id."""

import dataclasses
from collections.abc import Callable

from couponflow.cache import CACHE_CLOCK, ExpiringCache
from couponflow.domain import links, times
from couponflow.domain.channel_limits import Channel
from couponflow.domain.errors import NotFound
from couponflow.domain.flow_blocks import FallbackFlows, FlowBlock, FlowBlockContent
from couponflow.store import idempotency, keys, revisions
from couponflow.store.dynamodb import ConditionFailedError, Item, Table, delete, put
from couponflow.store.idempotency import Creation, IdempotencyKey, KeyUsedError
from couponflow.store.revisions import Seen

EXISTS = "attribute_exists(pk)"
# Flows follow a change of a block or a coupon within two seconds.
SECONDS_REMEMBERED = 1.5
_MOST = 2_000


class BlockChangedError(Exception):
    """The block is not one that the author saw; nothing was written. Carries the block as it is."""

    def __init__(self, block: FlowBlock) -> None:
        super().__init__()
        self.block = block


class FlowBlockStore:
    """Saved blocks of organisations."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, block: FlowBlock, key: IdempotencyKey | None = None) -> None:
        """Save a new block. Raises KeyUsedError."""
        if key is None:
            return self._table.put(put(_to_item(block)))
        creation = Creation(block.block_id, block.created_at)
        try:
            self._table.transact([idempotency.claim(key, creation), put(_to_item(block))])
        except ConditionFailedError as refused:
            if not idempotency.is_claimed_by(refused.old, block.block_id):
                raise KeyUsedError from refused
        return None

    def get(self, organisation_id: str, block_id: str) -> FlowBlock | None:
        """Return the block, read strongly: a flow may use it right after its creation."""
        item = (
            self._table.get(keys.block(organisation_id, block_id), consistent=True)
            if links.is_id(block_id)
            else None
        )
        return _from_item(item) if item else None

    def replace(self, block: FlowBlock, seen: Seen = None) -> None:
        """Replace the block.

        Raises:
            NotFound: another request deleted it, and it stays deleted.
            BlockChangedError: the stored block has none of the revisions `seen`.
        """
        condition, values = (EXISTS, None) if seen is None else _exists_as_seen(seen)
        try:
            self._table.put(put(_to_item(block), condition, values))
        except ConditionFailedError as refused:
            key = keys.block(block.organisation_id, block.block_id)
            old = self._table.find_conflicting_item(refused, key) if seen is not None else None
            if old is None:
                raise NotFound from refused
            if old.get("revision") != block.revision:
                raise BlockChangedError(_from_item(old)) from refused

    def delete(self, organisation_id: str, block_id: str) -> None:
        """Raises NotFound."""
        try:
            self._table.transact([delete(keys.block(organisation_id, block_id), EXISTS)])
        except ConditionFailedError as missing:
            raise NotFound from missing

    def list_page(self, organisation_id: str, before: str | None, at_most: int) -> list[FlowBlock]:
        """Return blocks, newest first, that come after the place `before` (see `place_of`)."""
        condition, values = "gpk = :gpk", {":gpk": keys.blocks_of(organisation_id)}
        if before:
            condition, values = f"{condition} AND gsk < :before", values | {":before": before}
        items = self._table.query(
            condition, values, index=keys.INDEX, newest_first=True, at_most=at_most
        )
        return list(map(_from_item, items))


class FlowBlockCache:
    """The blocks of one execution environment, each read at most once in two seconds."""

    def __init__(self, blocks: FlowBlockStore, timer: Callable[[], float] = CACHE_CLOCK) -> None:
        self._blocks = blocks
        self._remembered: ExpiringCache[tuple[str, str], FlowBlock] = ExpiringCache(
            _MOST, SECONDS_REMEMBERED, timer
        )

    def get(self, organisation_id: str, block_id: str) -> FlowBlock | None:
        """The block, possibly from the cache; None if there is none."""
        place = (organisation_id, block_id)
        block = self._remembered.get(place)
        return self.read_again(organisation_id, block_id) if block is None else block

    def read_again(self, organisation_id: str, block_id: str) -> FlowBlock | None:
        """The block as it is now; None if there is none."""
        place = (organisation_id, block_id)
        self._remembered.pop(place, None)
        block = self._blocks.get(organisation_id, block_id)
        if block is not None:
            self._remembered[place] = block
        return block


def _exists_as_seen(seen: tuple[str, ...]) -> tuple[str, Item]:
    condition, values = revisions.is_seen(seen)
    return f"{EXISTS} AND ({condition})", values


def place_of(block: FlowBlock) -> str:
    """Return the position of the block in its organisation's list."""
    return keys.block_order(times.format_utc(block.created_at), block.block_id)


def _to_item(block: FlowBlock) -> Item:
    content = {name: getattr(block.content, name) for name in _OF_THE_CONTENT}
    flows = {
        name: flow
        for name in _OF_THE_FLOWS
        if (flow := getattr(block.content.fallback_flows, name))
    }
    return (
        keys.block(block.organisation_id, block.block_id)
        | content
        | {
            "gpk": keys.blocks_of(block.organisation_id),
            "gsk": place_of(block),
            "block_id": block.block_id,
            "organisation_id": block.organisation_id,
            "fallback_flows": flows,
            "created_at": times.format_utc(block.created_at),
            "updated_at": times.format_utc(block.updated_at),
            "revision": block.revision,
        }
    )


def _from_item(item: Item) -> FlowBlock:
    content = {
        name: item.get(name) for name in _OF_THE_CONTENT if name not in ("coupon_id", "channel")
    }
    channel = Channel(item["channel"]) if item.get("channel") else None
    flows = FallbackFlows(**item["fallback_flows"])
    return FlowBlock(
        block_id=item["block_id"],
        organisation_id=item["organisation_id"],
        content=FlowBlockContent(
            item["coupon_id"], fallback_flows=flows, channel=channel, **content
        ),
        created_at=times.parse_utc(item["created_at"]),
        updated_at=times.parse_utc(item["updated_at"]),
        revision=item.get("revision"),
    )


_OF_THE_CONTENT = [
    field.name for field in dataclasses.fields(FlowBlockContent) if field.name != "fallback_flows"
]
_OF_THE_FLOWS = [field.name for field in dataclasses.fields(FallbackFlows)]
