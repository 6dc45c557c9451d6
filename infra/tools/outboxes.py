"""What a snippet of infra/events/senders/https has to do with an outbox, in whatever language it is."""

import collections
import http.client
import subprocess
import sys
import time

from bad_road import RETRY_AFTER, TROUBLE, applied, waiting
from local_stack import local, soon
from senders import LONG, PDF, mail_to, page, signed_in


class Sender:
    """A snippet in one language."""

    def __init__(self, name, command, port, server, environment):
        self.name, self.command, self.port, self.server, self.environment = name, command, port, server, environment

    def run(self, *arguments, **other):
        return subprocess.run([*self.command, *arguments], env=self.environment | other, timeout=LONG, text=True, stderr=subprocess.PIPE)

    def fails(self, what):
        sys.exit(f"{self.name}: {what}; on the road was {[seen[2:4] for seen in self.server.seen]}")

    def books(self, which, *arguments):
        if (done := self.run("book", f"bkg_{self.name}_{which}", *arguments)).returncode != 0:
            self.fails(f"a booking was not saved: {done.stderr}")

    def stops(self, why, **other):
        """Delivering ends at once, for a signature that the portal does not know, and says so; nothing is lost."""
        before = waiting(self.environment)
        done = self.run("deliver", **other)
        if done.returncode == 0 or "signature" not in done.stderr or waiting(self.environment) != before:
            self.fails(f"{why} should have stopped it: {done.stderr}")

    def delivers(self):
        if (done := self.run("deliver")).returncode != 0:
            self.fails(f"not delivered: {done.stderr}")
        return done.stderr

    def held_to_its_word(self, events):
        """Whatever was sent again was the same, under the same webhook-id, and not before the time that was asked for."""
        bodies, asked_at = collections.defaultdict(set), {}
        for webhook_id, body, does, _, at in sorted(self.server.seen, key=lambda seen: seen[-1]):
            if webhook_id in asked_at and at - asked_at.pop(webhook_id) < RETRY_AFTER:
                self.fails("it was sent again before Retry-After")
            if does == "429":
                asked_at[webhook_id.removesuffix("_pdf")] = asked_at[webhook_id] = at
            bodies[webhook_id].add(body)
        if any(len(different) != 1 for different in bodies.values()):
            self.fails("another body was sent under a webhook-id that was used")
        if len({webhook_id.removesuffix("_pdf") for webhook_id in bodies}) != events:
            self.fails(f"{events} events were sent under {len(bodies)} webhook-ids")


def sends(sender, folder):
    """Books four times, through every trouble, and looks what customers see of it."""
    started, name = time.monotonic(), sender.name
    agreement = folder / f"{name}.pdf"
    agreement.write_bytes(PDF + name.encode())
    address = f"{name}.https@example.com"
    sender.books("a", address, str(agreement))
    sender.books("b", f"b.{address}")
    sender.books("c", "no address")
    sender.books("d", f"d.{address}")
    sender.stops("a wrong secret", WEBHOOK_SECRET="whsec_" + "A" * 64)
    sender.server.plan.extend(["tamper"])
    sender.stops("a body that was changed on the way")
    sender.server.plan.extend(TROUBLE)
    said = sender.delivers()
    refused = [why for why in waiting(sender.environment).values() if why]
    if len(waiting(sender.environment)) != 1 or len(refused) != 1 or "customer.email" not in refused[0] or "422" not in said:
        sender.fails(f"what breaks the contract is not refused alone: {refused}, {said}")
    if sender.server.plan or {seen[2] for seen in sender.server.seen} < {*TROUBLE, "tamper", "passes"}:
        sender.fails("it had less trouble than was planned")
    sender.held_to_its_word(4)
    cookie = signed_in(sender.port, address)
    answer, shown = page(sender.port, f"/bookings/bkg_{name}_a", cookie)
    if answer.status != 200 or "Rental agreement" not in shown:
        sender.fails(f"the booking is not there with its document: {answer.status}")
    answer, _ = page(sender.port, f"/bookings/bkg_{name}_a/documents/agreement", cookie)
    if (place := answer.headers["location"]) is None:
        sender.fails(f"the document does not open: {answer.status}")
    place = place.removeprefix("http://").split("/", 1)
    storage = http.client.HTTPConnection(place[0])
    storage.request("GET", f"/{place[1]}")
    if storage.getresponse().read() != agreement.read_bytes():
        sender.fails("the document is another")
    for which in "bd":
        soon(f"a mail about {which} of {name}", lambda which=which: mail_to(sender.port, f"{which}.{address}"))
    counts = {which: applied(sender.port, f"bkg_{name}_{which}") for which in "abcd"}
    if counts != {"a": 1, "b": 1, "c": 0, "d": 1}:
        sender.fails(f"not everything was applied once: {counts}")
    sender.books("b", f"b.{address}")
    sender.delivers()
    soon(f"the second revision of {name}", lambda: applied(sender.port, f"bkg_{name}_b") == 2)
    mails = [mail["to"][0] for mail in local(sender.port, "mails") if mail["to"][0].endswith(address)]
    if sorted(mails) != sorted({*mails}) or len(mails) != 3:
        sender.fails(f"three customers got {len(mails)} mails")
    return f"{name:10} delivered 4 of 5 events over a bad road in {time.monotonic() - started:.0f} s, each once, and set aside the fifth, which breaks the contract"
