"""What a Shopify orders export adds up to, counted with nothing but Python's csv module: for tests/shopify.test.mjs."""
import csv, json, sys
from decimal import Decimal

orders, lines, total, refunded = {}, 0, Decimal(0), Decimal(0)
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8-sig", newline="")):
    lines += 1
    if row["Name"] not in orders:
        orders[row["Name"]] = row["Financial Status"]
        total += Decimal(row["Total"])
        refunded += Decimal(row["Refunded Amount"] or 0)
by_status = {}
for status in orders.values():
    by_status[status] = by_status.get(status, 0) + 1
print(json.dumps({"orders": len(orders), "lines": lines, "total": int(total * 100), "refunded": int(refunded * 100), "by_status": by_status}))
