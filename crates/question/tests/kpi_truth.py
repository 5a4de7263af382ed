"""The four named KPIs, counted row by row from a SQLite file, without the project's SQL.

Usage: kpi_truth.py FILE TENANT SITE TODAY    (TODAY: days since 1970-01-01)
"""

import sqlite3
import sys

path, tenant, site, today = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
db = sqlite3.connect(path)
db.row_factory = sqlite3.Row


def rows(table):
    return [r for r in db.execute(f"SELECT * FROM {table}") if r["tenant_id"] == tenant and r["site"] == site]


last = range(today - 30, today)
before = range(today - 60, today - 30)
sessions = [s for s in rows("sessions") if not s["bot"]]
campaign = {s["id"]: s["campaign"] for s in sessions}

duplicates = {(d["tenant_id"], d["event_id"]) for d in db.execute("SELECT * FROM order_duplicates")}
orders = [
    e
    for e in rows("events")
    if e["event"] == "purchase" and not e["bot"] and (tenant, e["id"]) not in duplicates
]


def value(order):
    return order["value_minor"] if order["currency"] == "EUR" else 0


def on(order, days):
    return order["local_hour"] // 24 in days


of_campaigns = [o for o in orders if campaign.get(o["session_id"], "")]
aov = [value(o) for o in of_campaigns if on(o, before)]
visits = [s for s in sessions if s["campaign"] and on(s, last)]
email = [a for a in rows("ad_spend") if a["channel"] == "Email" and a["local_day"] in before]
# One line a figure; repr() gives the shortest text that reads back as the same number.
for name, figure in {
    "revenue": sum(value(o) for o in orders if on(o, last)),
    "campaign_aov": sum(aov) / len(aov),
    "campaign_conversion_rate": sum(1 for o in of_campaigns if on(o, last)) / len(visits),
    "email_ctr": sum(a["clicks"] for a in email) / sum(a["impressions"] for a in email),
}.items():
    print(name, repr(float(figure)))
