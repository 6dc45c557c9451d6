"""Runs packaged functions of another processor on the local stack: each answers one event, or this fails.

    emulate.py PORTAL_LOCAL PACKAGE [RUNNER …]
"""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

AARCH64 = 0xB7  # e_machine of an ELF file
PATIENCE = 180  # seconds, on a busy machine with an emulated processor

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


def asked(port, method, path, body=None):
    connection = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
    connection.request(method, path, body, headers={"sec-fetch-site": "same-origin"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def exercised(port, functions):
    for function, (method, path, expected) in REQUESTS.items():
        status, body = asked(port, method, path)
        if status != expected:
            sys.exit(f"{function}: {method} {path} was answered with {status}, not {expected}: {body[:300]}")
    entry = json.loads(SAMPLE.read_text(encoding="utf-8"))
    entry["Detail"]["booking"]["customer"]["email"] = BOUNCES
    entry["Detail"] = json.dumps(entry["Detail"])
    entry["EventBusName"] = json.loads(asked(port, "GET", "/_local/endpoints")[1])["bus"]
    status, body = asked(port, "POST", "/_local/events", json.dumps([entry]))
    if status != 200 or json.loads(body)["FailedEntryCount"]:
        sys.exit(f"the bus did not take a booking: {body[:300]}")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        done = {}
        for invocation in json.loads(asked(port, "GET", "/_local/invocations")[1]):
            if invocation["error"]:
                sys.exit(f"{invocation['function']}: {invocation['error']}")
            done.setdefault(invocation["function"], invocation)
        mails = json.loads(asked(port, "GET", "/_local/mails")[1])
        if len(done) == functions and mails:
            return done
        time.sleep(0.2)
    sys.exit(f"only these answered in {PATIENCE} s: {sorted(done)}; mails: {len(mails)}")


def main():
    portal_local, package, runner = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        functions = unpacked(package, pathlib.Path(folder))
        environment = os.environ | {"FUNCTIONS": folder, "RUNNER": " ".join(runner), "PORT": "0", "PARAMS": "", "DATA": ""}
        stack = subprocess.Popen([portal_local], env=environment, stdout=subprocess.PIPE, text=True)
        try:
            address = next((line for line in stack.stdout if line.startswith("Portal ")), None)
            if address is None:
                sys.exit("the local stack did not start")
            port = int(address.rstrip("/\n").rsplit(":", 1)[1])
            for function, invocation in sorted(exercised(port, functions).items()):
                print(f"{function:17} answered; init {invocation['init_ms']:.0f} ms, {invocation['duration_ms']:.0f} ms")
        finally:
            stack.send_signal(signal.SIGTERM)
            stack.communicate()


if __name__ == "__main__":
    main()
