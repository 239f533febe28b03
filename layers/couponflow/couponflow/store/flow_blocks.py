"""Distribute blocks: items of their organisation, so that another one's id is as unknown as any."""

import dataclasses
import time
from collections.abc import Callable

from cachetools import TTLCache

from couponflow.domain import links, times
from couponflow.domain.errors import NotFound
from couponflow.domain.flow_blocks import Block, BlockContent, FallbackFlows
from couponflow.store import keys
from couponflow.store.dynamodb import ConditionFailed, Item, Table, delete, put

EXISTS = "attribute_exists(pk)"
# Flows follow a change of their block within two seconds, as they follow a change of the coupon.
SECONDS_REMEMBERED = 1.5
_MOST = 2_000


class BlockStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, block: Block) -> None:
        self._table.put(put(_to_item(block)))

    def get(self, organisation_id: str, block_id: str) -> Block | None:
        """As it is now, so that a flow can use a block that was made a moment ago."""
        item = self._table.get(keys.block(organisation_id, block_id), consistent=True) if links.is_id(block_id) else None
        return _from_item(item) if item else None

    def replace(self, block: Block) -> None:
        """Raises NotFound: a block deleted in between stays deleted."""
        try:
            self._table.put(put(_to_item(block), EXISTS))
        except ConditionFailed as missing:
            raise NotFound from missing

    def delete(self, organisation_id: str, block_id: str) -> None:
        """Raises NotFound."""
        try:
            self._table.transact([delete(keys.block(organisation_id, block_id), EXISTS)])
        except ConditionFailed as missing:
            raise NotFound from missing

    def listed(self, organisation_id: str, before: str | None, at_most: int) -> list[Block]:
        """Newest first, from before the place `before` on (see `place_of`)."""
        condition, values = "gpk = :gpk", {":gpk": keys.blocks_of(organisation_id)}
        if before:
            condition, values = f"{condition} AND gsk < :before", values | {":before": before}
        items = self._table.query(condition, values, index=keys.INDEX, newest_first=True, at_most=at_most)
        return list(map(_from_item, items))


class BlockMemory:
    """One for each execution environment: a block is read once in two seconds, however many customers it serves."""

    def __init__(self, blocks: BlockStore, timer: Callable[[], float] = time.monotonic) -> None:
        self._blocks = blocks
        self._remembered: TTLCache[tuple[str, str], Block] = TTLCache(_MOST, SECONDS_REMEMBERED, timer)

    def of(self, organisation_id: str, block_id: str) -> Block | None:
        place = (organisation_id, block_id)
        block = self._remembered.get(place)
        if block is None:
            block = self._blocks.get(organisation_id, block_id)
            if block is not None:
                self._remembered[place] = block
        return block


def place_of(block: Block) -> str:
    """Where the block stands in its organisation's list."""
    return keys.block_order(times.text(block.created_at), block.block_id)


def _to_item(block: Block) -> Item:
    content = {name: getattr(block.content, name) for name in _OF_THE_CONTENT}
    flows = {name: flow for name in _OF_THE_FLOWS if (flow := getattr(block.content.fallback_flows, name))}
    return (
        keys.block(block.organisation_id, block.block_id)
        | content
        | {
            "gpk": keys.blocks_of(block.organisation_id),
            "gsk": place_of(block),
            "block_id": block.block_id,
            "organisation_id": block.organisation_id,
            "fallback_flows": flows,
            "created_at": times.text(block.created_at),
            "updated_at": times.text(block.updated_at),
        }
    )


def _from_item(item: Item) -> Block:
    content = {name: item.get(name) for name in _OF_THE_CONTENT if name != "coupon_id"}
    flows = FallbackFlows(**item["fallback_flows"])
    return Block(
        block_id=item["block_id"],
        organisation_id=item["organisation_id"],
        content=BlockContent(item["coupon_id"], fallback_flows=flows, **content),
        created_at=times.parse(item["created_at"]),
        updated_at=times.parse(item["updated_at"]),
    )


_OF_THE_CONTENT = [field.name for field in dataclasses.fields(BlockContent) if field.name != "fallback_flows"]
_OF_THE_FLOWS = [field.name for field in dataclasses.fields(FallbackFlows)]
