"""Units a SKU sold in the last 90 days of a Shopify orders export, by the days of UTC, and how many names a list of product
exports knows, counted with nothing but Python's csv module: for tests/stock.test.mjs."""
import csv, json, sys
from datetime import datetime, timedelta, timezone

orders, units, days, names = {}, [], set(), {}
for row in csv.DictReader(open(sys.argv[1], encoding="utf-8-sig", newline="")):
    if row["Financial Status"]:
        day = datetime.strptime(row["Created at"], "%Y-%m-%d %H:%M:%S %z").astimezone(timezone.utc).date()
        orders[row["Name"]] = (day, row["Cancelled at"] != "" or row["Financial Status"] == "voided")
    day, off = orders[row["Name"]]
    days.add(day)
    if not off:
        units.append((row["Lineitem sku"], day, int(row["Lineitem quantity"])))
        names[row["Lineitem sku"]] = row["Lineitem name"]
known = set()
for file in sys.argv[2:]:
    title, by_handle = "", {}
    for row in csv.DictReader(open(file, encoding="utf-8-sig", newline="")):
        title = by_handle.setdefault(row["Handle"], row["Title"])
        option = row["Option1 Value"]
        if row["Variant Price"]:
            known.add(title if option == "Default Title" else f"{title} - {option}")
first = max(days) - timedelta(days=89)
sold = {}
for sku, day, count in units:
    sold[sku] = sold.get(sku, 0) + (count if day >= first else 0)
print(json.dumps({"sold_90": sold, "known": sorted(sku for sku, name in names.items() if name in known)}))
