"""An execution environment in its own process: reads a task as a line of JSON, prints its outcomes
as another.
"""

import json
import sys
import threading
from typing import Any

from couponflow.bootstrap import Services
from couponflow.store import redemptions
from tests.concurrency.load import tap, till


def main() -> None:
    task: dict[str, Any] = json.loads(sys.stdin.readline())
    services = Services()
    coupon = services.coupon_store.get(task["coupon_id"])
    for name, condition in task["conditions"].items():
        setattr(redemptions, name, condition)
    outcomes = [""] * task["times"]

    def once(number: int) -> None:
        if number % 2:
            outcomes[number] = till(coupon, task["customer"])(services)
        else:
            outcomes[number] = tap(task["token"], 1 + number // 2 % task["uses"])(services)

    threads = [threading.Thread(target=once, args=[number]) for number in range(task["times"])]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(outcomes), flush=True)


if __name__ == "__main__":
    main()
