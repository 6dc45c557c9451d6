"""Sends what changed in a database since the last run, for a booking system that only has one: by cron, every minute.

    * * * * *  cd /srv/portal && flock -n changed.lock python changed.py

`changed.sql` beside this file says what an event is made of; deliver.py sends it, and says which variables there are. The first
run sends every booking there is.
"""
import json, pathlib

import deliver

# A transaction may commit after a later one, with an earlier `updated_at`. So each run looks back this far, and sends again
# what it finds there: the same revision changes nothing.
LOOK_BACK = 5 * 60 * 1000  # milliseconds


def put_changes_in_outbox(database):
    with database:  # one transaction: what is in the outbox is noted as sent, or neither is so
        until, = database.execute("SELECT updated_at FROM sent_until").fetchone()
        changed = database.execute("SELECT updated_at, event FROM booking_events WHERE updated_at > ? ORDER BY updated_at",
                                   (until - LOOK_BACK,)).fetchall()
        for updated_at, event in changed:
            deliver.put_in_outbox(database, json.loads(event))
            until = max(until, updated_at)
        database.execute("UPDATE sent_until SET updated_at = ?", (until,))


def main():
    database = deliver.connected()
    database.executescript((pathlib.Path(__file__).parent / "changed.sql").read_text(encoding="utf-8"))
    put_changes_in_outbox(database)
    deliver.deliver(database)


if __name__ == "__main__":
    main()
