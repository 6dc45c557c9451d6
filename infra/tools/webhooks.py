"""Runs the snippets of infra/events/senders/https against the local stack, over a road that loses and delays requests.

    webhooks.py PORTAL_LOCAL NODE_MODULES

NODE_MODULES is a folder with what the TypeScript snippet imports, with a Node that has SQLite, and with TypeScript itself.
"""

import concurrent.futures
import contextlib
import datetime
import os
import pathlib
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import local_stack
from adapters import adapts
from bad_road import HTTPS, applied, road, waiting
from local_stack import local, soon
from outboxes import Sender, sends
from senders import LONG, page, signed_in

PROJECT = pathlib.Path(__file__).parents[2]


def changes(port, webhook, folder):
    """The cron recipe: what a database has, what changes in it, what commits late, and what is deleted."""
    with road(webhook, folder, "changed") as (server, environment):
        def run():
            subprocess.run([sys.executable, str(HTTPS / "changed.py")], env=environment, check=True, timeout=LONG)

        def changed(*statements):
            with contextlib.closing(sqlite3.connect(environment["BOOKINGS"])) as database, database:
                for statement in statements:
                    database.execute(*statement)

        def told(booking, times):
            soon(f"event {times} of {booking}", lambda: applied(port, f"bkg_{booking}") >= times)
            if (count := applied(port, f"bkg_{booking}")) != times:
                sys.exit(f"cron: {booking} was applied {count} times and not {times}")

        run()  # makes the view
        now = int(time.time() * 1000)
        date = datetime.datetime.now(datetime.timezone.utc)
        begins, ends = ((date + datetime.timedelta(days)).isoformat() for days in (20, 23))
        row = "INSERT INTO bookings VALUES (?, ?, 'booked', 'cron@example.com', 'Ana Ruiz', ?, ?, '4-Seater', 18810, 18810, ?)"
        changed(*[(row, (i, f"CRON-{i}", begins, ends, now - 600_000 + i)) for i in range(9001, 9031)])
        server.plan.extend(["500", "lost"])
        run()
        for i in (9001, 9030):
            told(i, 1)
        changed((row, (9100, "CRON-9100", begins, ends, now - 600_000 - 1000)),  # committed late
                ("UPDATE bookings SET state = 'out', updated_at = ? WHERE id = 9001", (now,)), ("DELETE FROM bookings WHERE id = 9002", ()))
        run()
        for i, times in ((9100, 1), (9001, 2), (9002, 2), (9003, 1)):
            told(i, times)
        if waiting(environment):
            sys.exit(f"cron: left in the outbox: {waiting(environment)}")
    answered = local_stack.answered(port, "POST", "/sign-in", "email=cron@example.com", **{"content-type": "application/x-www-form-urlencoded"})
    cookie = signed_in(port, "cron@example.com")
    _, shown = page(port, "/bookings/bkg_9002", cookie)
    if "This booking is canceled" not in shown:
        sys.exit(f"cron: a deleted booking does not show as canceled, {answered[0].status}")
    return "cron       31 bookings of a database, one changed, one deleted, one committed late: each told once"


def follows(port):
    """The README's section for newcomers, to the letter, in a clean folder: it ends with a customer signed in."""
    started = time.monotonic()
    section = (PROJECT / "infra/events/README.md").read_text(encoding="utf-8").split("### In an afternoon\n")[1]
    _, block = re.findall(r"^```sh\n(.*?)^```$", section.split("\n## ")[0], re.MULTILINE | re.DOTALL)
    address = re.search(r"\S+@example.com", block)[0]
    with tempfile.TemporaryDirectory() as home:
        os.symlink(PROJECT, pathlib.Path(home, "customer-portal"))
        empty = pathlib.Path(home, "empty")
        empty.mkdir()
        script = block.replace("localhost:9000", f"localhost:{port}")
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=empty, env=os.environ | {"HOME": home}, check=True, timeout=LONG)
    cookie = signed_in(port, address)
    answer, shown = page(port, "/bookings/bkg_first", cookie)
    if answer.status != 200 or "Rental agreement" not in shown:
        sys.exit(f"whoever follows the README does not see the booking: {answer.status}")
    return f"README     followed to the letter: a customer signed in after {time.monotonic() - started:.0f} s"


def main():
    portal_local, node = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    shutil.copy(HTTPS / "deliver.ts", node)
    compiler = ["--strict", "--noEmit", "--erasableSyntaxOnly", "--skipLibCheck", "--types", "node", "--target", "es2022", "--module", "nodenext"]
    subprocess.run([str(node / "node_modules/.bin/tsc"), *compiler, "deliver.ts"], cwd=node, check=True)
    with_sqlite = node / f"node_modules/node-linux-{ {'x86_64': 'x64', 'aarch64': 'arm64'}[platform.machine()]}/bin/node"
    commands = {
        "typescript": [str(with_sqlite), "--disable-warning=ExperimentalWarning", str(node / "deliver.ts")],
        "php": ["php", str(HTTPS / "deliver.php")],
        "ruby": ["ruby", str(HTTPS / "deliver.rb")],
        "python": [sys.executable, str(HTTPS / "deliver.py")],
    }
    with local_stack.running(portal_local, PARAMS="AcceptWebhooks=true") as port, tempfile.TemporaryDirectory() as folder:
        folder, webhook = pathlib.Path(folder), local(port, "endpoints")["webhook"]
        soon("the mail of the demo data", lambda: local(port, "mails"))

        def of(name):
            with road(webhook, folder, name) as (server, environment):
                return sends(Sender(name, commands[name], port, server, environment), folder)

        with concurrent.futures.ThreadPoolExecutor() as at_once:
            for told in [at_once.submit(of, name) for name in commands]:
                print(told.result(), flush=True)
        print(follows(port), flush=True)
        print(changes(port, webhook, folder), flush=True)
        print(adapts(port, webhook, folder), flush=True)


if __name__ == "__main__":
    main()
