"""Counts the reference files on its own, to compare with what Adroit makes of them.

python3 replay_truth.py FOLDER [CDNOW_ROWS] prints JSON: per file events, users, sessions, purchases and revenue in
minor units; of CDNOW's file only the first rows, if so many are asked for.
A session ends where more than 30 minutes pass between two events of a user; exactly 30 minutes do not end it.
Nothing here knows of maps, Adroit's crates or its database.
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from itertools import islice
from pathlib import Path

TIMEOUT_S = 30 * 60


def seconds(text, form):
    return int(datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp())


def figures(events):
    """`events`: (user, seconds, value as Decimal or None where it is no purchase)."""
    times = defaultdict(list)
    for user, at, _ in events:
        times[user].append(at)
    sessions = 0
    for of_user in times.values():
        of_user.sort()
        sessions += 1 + sum(later - earlier > TIMEOUT_S for earlier, later in zip(of_user, of_user[1:]))
    purchases = [value for _, _, value in events if value is not None]
    days = [datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d") for _, at, _ in events]
    return {
        "events": len(events),
        "users": len(times),
        "sessions": sessions,
        "purchases": len(purchases),
        "revenue_minor": int(sum(purchases, Decimal(0)) * 100),
        "from": min(days),
        "to": max(days),
    }


def clickstream(path):
    events = []
    page_before = {}
    with open(path, newline="", encoding="latin-1") as file:
        for row in csv.DictReader(file, delimiter=";"):
            user, page = row["COOKIE"], row["Webpage"]
            if page in ("start_session", "end_session"):
                continue
            # The payment's answer is the purchase; the same answer loaded again at once is not another one.
            bought = page == "pay_res" and page_before.get(user) != "pay_res"
            page_before[user] = page
            at = seconds(f"{row['Date']} {row['Time']}", "%Y-%m-%d %H:%M:%S")
            events.append((user, at, Decimal(0) if bought else None))
    return figures(events)


def cdnow(path, rows):
    events = []
    with open(path, encoding="ascii") as file:
        next(file)
        for line in islice(file, rows):
            customer, day, _, dollars = line.split()
            events.append((customer, seconds(day, "%Y%m%d"), Decimal(dollars)))
    return figures(events)


def retentioneering(path):
    events = []
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = seconds(row["timestamp"], "%Y-%m-%d %H:%M:%S")
            events.append((row["user_id"], at, Decimal(0) if row["event"] == "purchase" else None))
    return figures(events)


def main():
    folder = Path(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else None
    print(json.dumps({
        "clickstream-1998": clickstream(folder / "ecommerce_clickstream_1998_1999.csv"),
        "cdnow": cdnow(folder / "cdnow_master.txt", rows),
        "retentioneering": retentioneering(folder / "retentioneering_ecom_synthetic.csv.gz"),
    }, indent=2))


main()
