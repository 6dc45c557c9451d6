"""Asks ajv, Python's jsonschema and the portal what they say of events, valid and broken: they must say the same. Validates openapi.json.

    schemas.py VERDICTS AJV

VERDICTS is the example `verdicts` of shared/domain, AJV the script that asks ajv, with ajv installed beside it. The events
are the contract's samples, and slips that whoever writes a sender may make, at every field of every sample.
"""

import copy
import json
import pathlib
import subprocess
import sys
import time

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

PROJECT = pathlib.Path(__file__).parents[2]
EVENTS = PROJECT / "infra/events"
BEYOND_SCHEMA = (PROJECT / "tests/beyond-schema.txt").read_text(encoding="utf-8").splitlines()

TEXTS = [
    "", " ", "\u00a0", "\u2028", "\ufeff", "\x00", "x", "X", "a\nb", "a b", "-", "🛺", "🛺" * 200, "é" * 5000,
    "null", "0", "18810", "188.10",
    "2026-07-10", "2026-07-10T09:00", "2026-07-10T09:00:00", "2026-07-10 09:00:00Z", "2026-07-10T09:00:00-0400",
    "2026-07-10T09:00:00-04:00", "2026-07-10t09:00:00z", "2026-07-10T24:00:00Z", "2026-07-10T09:00:60Z",
    "2026-02-30T09:00:00Z", "2026-04-31T09:00:00Z", "2026-02-29T09:00:00Z", "2028-02-29T09:00:00Z",
    "2100-02-29T09:00:00Z", "2026-07-10T09:00:00.123Z", "2026-07-10T09:00:00.Z", "07/10/2026", "٢٠٢٦-07-10T09:00:00Z",
    "ana@example.com", "Ana <ana@example.com>", "ana@example.com, ben@example.com", "ana@", "ana@bücher.example",
    "America/New_York", "EST", "GMT-5", "USD", "usd", "$", "en", "en_US", "1.0", "1.1", "1", "v1.1", "2.0",
    "Confirmed", "canceled", "checked out", "/documents/a.pdf", "s3://bucket/documents/b/a.pdf", "documents/b/../a.pdf",
    "https://a.example", "javascript:alert(1)",
]
OTHERS = [None, True, 0, -1, 1, 1.0, 1.5, 188.1, 1e3, 1e300, 2**31, 2**53, 2**64, [], {}, [None], [""], {"a": 1}]


def places(value, at=()):
    """The path of every value below this one."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in inside:
        yield (*at, name)
        yield from places(child, (*at, name))


def changed(detail, place, change):
    """A copy of a detail in which `change` was made at a place, given what holds it and its name there."""
    detail = copy.deepcopy(detail)
    parent = detail
    for name in place[:-1]:
        parent = parent[name]
    change(parent, place[-1])
    return detail


def slips(detail, place):
    """A detail with every slip at one place of it: (what was done, the detail)."""
    yield "left out", changed(detail, place, lambda parent, name: parent.pop(name))
    value = detail
    for name in place:
        value = value[name]
    instead = TEXTS + OTHERS
    if isinstance(value, str):
        instead = instead + [f"{value}\n", f" {value}", f"{value} ", value.upper(), value.lower(), value * 50, [value]]
    elif isinstance(value, list):
        instead = instead + [value * 101, value[:1] * 11, {str(i): one for i, one in enumerate(value)}]
    elif isinstance(value, (int, float)):
        instead = instead + [str(value), -value, value / 100, value * 10**12]
    for slip in instead:
        yield f"is {json.dumps(slip):.60}", changed(detail, place, lambda parent, name, slip=slip: parent.update({name: slip})
                                                    if isinstance(parent, dict) else parent.__setitem__(name, slip))


def events():
    """(what it is, detail-type, detail, whether it is valid, if that is known)"""
    for folder, valid in (("infra/events/samples", True), ("tests/contract-1.0/samples", True),
                          ("infra/events/samples/invalid", False)):
        for file in sorted((PROJECT / folder).glob("*.json")):
            entry = json.loads(file.read_text(encoding="utf-8"))
            yield f"{folder}/{file.name}", entry["DetailType"], entry["Detail"], valid
    met = set()
    for file in sorted((EVENTS / "samples").glob("*.json")):
        entry = json.loads(file.read_text(encoding="utf-8"))
        for place in places(entry["Detail"]):
            field = tuple(name for name in place if isinstance(name, str)), isinstance(place[-1], int)
            if field not in met:
                met.add(field)
                for what, detail in slips(entry["Detail"], place):
                    yield f"{file.name}, {'.'.join(map(str, place))} {what}", entry["DetailType"], detail, None


def asked(command, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    answer = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8").stdout
    return [json.loads(line) for line in answer.splitlines()]


def without_patterns(schema):
    if isinstance(schema, dict):
        return {name: without_patterns(value) for name, value in schema.items() if name != "pattern"}
    return [without_patterns(value) for value in schema] if isinstance(schema, list) else schema


def validators(change=lambda schema: schema, **options):
    files = (EVENTS / "schemas").glob("*.json")
    schemas = {file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8")) for file in files}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    return {kind: Draft202012Validator(change(schema), **options) for kind, schema in schemas.items()}


def wrong(takes, faults):
    """How a schema's verdict and the portal's differ, unless the portal refuses what no schema can say."""
    if takes and faults and not all(any(beyond in fault for beyond in BEYOND_SCHEMA) for fault in faults):
        return f"takes what the portal refuses: {'; '.join(faults):.200}"
    return "refuses what the portal takes" if not takes and not faults else None


def openapi():
    """Ends with what is wrong with openapi.json, if anything is."""
    document = json.loads((EVENTS / "openapi.json").read_text(encoding="utf-8"))
    if faults := [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()]:
        sys.exit(f"openapi.json: {'; '.join(faults):.1000}")
    del document["info"]["version"]  # the control
    if OpenAPIV31SpecValidator(document).is_valid():
        sys.exit("a version that is missing from openapi.json is not found")


def main():
    verdicts, ajv = sys.argv[1:]
    openapi()
    started = time.monotonic()
    cases = list(events())
    envelopes = [{"source": "golfcartops.bookings", "time": "2026-11-01T00:00:00Z", "detail-type": kind, "detail": detail}
                 for _, kind, detail, _ in cases]
    portal = asked([verdicts], envelopes)
    said = {}
    said["ajv"], said["ajv with ajv-formats"] = zip(*asked(["node", ajv, str(EVENTS / "schemas")], envelopes))
    for tool, of_kind in (
        ("jsonschema", validators()),
        ("jsonschema with formats", validators(format_checker=Draft202012Validator.FORMAT_CHECKER)),
        ("jsonschema without patterns", validators(without_patterns)),
    ):
        said[tool] = [of_kind[kind].is_valid(detail) for _, kind, detail, _ in cases]

    differences = {tool: [(case[0], how) for case, takes, faults in zip(cases, of_tool, portal, strict=True)
                          if (how := wrong(takes, faults))] for tool, of_tool in said.items()}
    # The control: a schema that leaves times and ids to their formats is caught.
    if len(differences.pop("jsonschema without patterns")) < 100:
        sys.exit("the slips do not tell whether patterns are there")
    failures = [f"{what}: {tool} {how}" for tool, found in differences.items() for what, how in found]
    failures += [f"{what}: the portal says {faults}" for (what, _, _, valid), faults in zip(cases, portal)
                 if valid is not None and valid != (not faults)]
    for failure in failures[:50]:
        print(failure)
    taken = sum(not faults for faults in portal)
    beyond = sum(takes and bool(faults) for takes, faults in zip(said["ajv"], portal))
    print(f"schemas    {len(cases)} events in {time.monotonic() - started:.0f} s: the portal takes {taken}, and refuses {beyond} "
          f"beyond the schemas; {', '.join(differences)} differ in {len(failures)}")
    if failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
