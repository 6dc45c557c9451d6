"""Runs packaged functions of another processor on the local stack: each answers one event, or this fails.

    emulate.py PORTAL_LOCAL PACKAGE [RUNNER …]
"""

import json
import pathlib
import sys
import tempfile
import zipfile

import local_stack
from local_stack import answered, local

AARCH64 = 0xB7  # e_machine of an ELF file

# The workers need no request: the demo data comes over the bus, its confirmation is mailed, and a mail to SES's mailbox
# simulator comes back.
SAMPLE = pathlib.Path(__file__).parents[1] / "events/samples/booking.confirmed.json"
BOUNCES = "bounce@simulator.amazonses.com"
REQUESTS = {
    "RequestLink": ("GET", "/sign-in", 200),
    "RedeemLink": ("GET", "/link/" + "A" * 64, 404),
    "SignOut": ("POST", "/sign-out", 303),
    "Dashboard": ("GET", "/no-such-page", 404),
    "DownloadDocument": ("GET", "/bookings/b/documents/d", 303),
    "ReceiveEvents": ("POST", "/events", 401),
}


def unpacked(package, folder):
    archives = sorted(package.glob("*.zip"))
    for archive in archives:
        binary = folder / archive.stem
        binary.write_bytes(zipfile.ZipFile(archive).read("bootstrap"))
        binary.chmod(0o755)
        machine = int.from_bytes(binary.read_bytes()[18:20], "little")
        if machine != AARCH64:
            sys.exit(f"{archive}: not built for arm64 but for machine {machine:#x}")
    return len(archives)


def exercised(port, functions):
    for function, (method, path, expected) in REQUESTS.items():
        answer, body = answered(port, method, path)
        if answer.status != expected:
            sys.exit(f"{function}: {method} {path} was answered with {answer.status}, not {expected}: {body[:300]}")
    entry = json.loads(SAMPLE.read_text(encoding="utf-8"))
    entry["Detail"]["booking"]["customer"]["email"] = BOUNCES
    entry["Detail"] = json.dumps(entry["Detail"])
    entry["EventBusName"] = local(port, "endpoints")["bus"]
    answer, body = answered(port, "POST", "/_local/events", json.dumps([entry]))
    if answer.status != 200 or json.loads(body)["FailedEntryCount"]:
        sys.exit(f"the bus did not take a booking: {body[:300]}")

    def all_done():
        done = {}
        for invocation in local(port, "invocations"):
            if invocation["error"]:
                sys.exit(f"{invocation['function']}: {invocation['error']}")
            done.setdefault(invocation["function"], invocation)
        return done if len(done) == functions and local(port, "mails") else None

    return local_stack.soon("an answer of each function, and a mail,", all_done)


def main():
    portal_local, package, runner = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        functions = unpacked(package, pathlib.Path(folder))
        with local_stack.running(portal_local, FUNCTIONS=folder, RUNNER=" ".join(runner), PARAMS="AcceptWebhooks=true") as port:
            for function, invocation in sorted(exercised(port, functions).items()):
                print(f"{function:17} answered; init {invocation['init_ms']:.0f} ms, {invocation['duration_ms']:.0f} ms")


if __name__ == "__main__":
    main()
