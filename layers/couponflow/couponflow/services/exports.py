"""Exports all records of a coupon as one file that is safe to open in a spreadsheet."""

import csv
import io
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from couponflow.domain import links, times
from couponflow.domain.csv_safety import escape_formulas
from couponflow.domain.errors import ValidationFailed
from couponflow.domain.models import Coupon, Redemption
from couponflow.services.records import RecordFilter, RecordService
from couponflow.store.exports import Export, ExportFiles

COLUMNS = (
    "redemption_id",
    "coupon_id",
    "customer_id",
    "inbox_id",
    "status",
    "distributed_at",
    "redeemed_at",
    "erased",
)
# An HTTP API waits for 30 seconds and a function has a gigabyte of memory. A larger export has to
# be split by the time filters.
MOST_RECORDS = 200_000
SECONDS_TO_READ = 20


class ExportService:
    """Writes the records of a coupon as a CSV file."""

    def __init__(
        self,
        records: RecordService,
        files: ExportFiles,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records, self._files, self._timer = records, files, timer

    def csv(
        self, coupon: Coupon, customer_id: str | None, wanted: RecordFilter, now: datetime
    ) -> Export:
        """Write the file; its address works for five minutes.

        Raises ValidationFailed if there are too many records for one file.
        """
        content = self._written(self._records.iterate_all(coupon, customer_id, wanted))
        name = f"redemptions-{coupon.code}.csv"
        return self._files.save(
            coupon.organisation_id,
            links.new_secret(),
            content,
            "text/csv; charset=utf-8",
            name,
            now,
        )

    def _written(self, redemptions: Iterable[Redemption]) -> bytes:
        """Return one line a record.

        A record that was redeemed during the read keeps its later line.
        """
        ends_at = self._timer() + SECONDS_TO_READ
        lines = {"": _line(COLUMNS)}
        for redemption in redemptions:
            lines.pop(redemption.redemption_id, None)
            lines[redemption.redemption_id] = _line(_row(redemption))
            if len(lines) - 1 > MOST_RECORDS or self._timer() > ends_at:
                raise ValidationFailed.for_field(
                    "from", "is needed, or an earlier `to`: these are too many records for one file"
                )
        return b"".join(lines.values())


def _row(redemption: Redemption) -> tuple[str, ...]:
    return (
        redemption.redemption_id,
        redemption.holder.coupon_id,
        escape_formulas(redemption.customer_id),
        escape_formulas(redemption.inbox_id or ""),
        redemption.status,
        _time(redemption.distributed_at),
        _time(redemption.redeemed_at),
        "true" if redemption.erased_at else "",
    )


def _time(moment: datetime | None) -> str:
    return times.format_utc(moment) if moment else ""


def _line(values: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(values)
    return line.getvalue().encode()
