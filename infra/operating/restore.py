"""Makes the portal's table what another table is, but for what a restore must not undo.

    .tools/bin/python infra/operating/restore.py FROM TO

FROM is the table that DynamoDB restored to a moment, TO the stack's own. Afterwards TO holds

- FROM's bookings with their rows and confirmations, and no others; in a confirmation nobody who was erased since;
- no sign-ins, so that no link is unused again and no session goes on, and no counters of requests;
- no cached dashboards: they are made anew from the rows;
- every erasure of either table, the later one of each customer, and no booking that it is about;
- every bounce and complaint of either table, the later one of each customer.

Both tables must have been written with the same key of customer ids. send_mail, project_bookings and mail_feedback must be
stopped meanwhile. It may be run again after it was stopped half-way. Credentials, region and endpoint are those of any AWS
client.
"""

import sys

import boto3

BOOKING, CONFIRMATION, ERASED, DASHBOARD, KEY = "BOOKING", "CONFIRMATION", "ERASED", "DASHBOARD", "KEY"
KNOWN = "asked", "answered", "sent"  # the sets of customers in a confirmation


def key(item):
    return item["pk"]["S"], item["sk"]["S"]


def customer(item):
    """Whose the item is, by its partition; of a booking's items the booking."""
    return item["pk"]["S"].partition("#")[2]


def begins(name):
    return lambda item: item["pk"]["S"].startswith(name)


is_of_booking, is_suppression = begins("BOOKING#"), begins("SUPPRESSION#")


def read(client, table):
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {key(item): item for page in pages for item in page["Items"]}


def write(client, table, requests):
    left = list(requests)
    while left:
        answer = client.batch_write_item(RequestItems={table: left[:25]})
        left = left[25:] + answer.get("UnprocessedItems", {}).get(table, [])


def check_key(source, target, names):
    """Another key makes other ids of the same addresses: everybody would be a stranger to what is restored."""
    for table, name in zip((source, target), names):
        if (KEY, KEY) not in table:
            sys.exit(f"{name} has no fingerprint of the key of customer ids; the portal writes it when it is first asked "
                     "for a link. Nothing was changed")
    if source[KEY, KEY] != target[KEY, KEY]:
        sys.exit(f"{names[0]} was written with another key of customer ids than {names[1]}. Nothing was changed")


def later(one, other):
    """Two items with one key, as one: of each time the later, of each set all."""
    merged = dict(one)
    for name, value in other.items():
        known = merged.get(name)
        if known is None or ("N" in value and int(value["N"]) > int(known["N"])):
            merged[name] = value
        elif "SS" in value:
            merged[name] = {"SS": sorted({*known["SS"], *value["SS"]})}
    return merged


def of_both(source, target, wanted):
    """What either table holds of these, each item once."""
    items = {}
    for item in [*source.values(), *target.values()]:
        if wanted(item):
            items[key(item)] = later(items[key(item)], item) if key(item) in items else item
    return items


def remembered(source, target):
    """Erasures and what is known of mailing: neither a moment of the past nor the present has the right to forget them."""
    erased = of_both(source, target, lambda item: item["sk"]["S"] == ERASED)
    suppressed = of_both(source, target, is_suppression)
    erased_at = {customer(item): int(item["erased_at"]["N"]) for item in erased.values()}
    known = {}
    for item in suppressed.values():
        # An erasure forgets bounces, but no complaint.
        void = [name for name in ("bounced_at", "address_confirmed_at")
                if int(item.get(name, {"N": "0"})["N"]) <= erased_at.get(customer(item), -1)]
        item = {name: value for name, value in item.items() if name not in void}
        if "bounced_at" in item or "complained_at" in item:
            known[key(item)] = item
    return erased | known, erased_at


def erased_since(source, erased_at):
    """Who was erased after the moment of the source, or later than it knows."""
    known = {customer(item): int(item["erased_at"]["N"]) for item in source.values() if item["sk"]["S"] == ERASED}
    return {who for who, at in erased_at.items() if at > known.get(who, -1)}


def without(item, customers):
    """A confirmation that does not know these customers."""
    left = {name: {"SS": sorted(set(value["SS"]) - customers)} if name in KNOWN else value for name, value in item.items()}
    return {name: value for name, value in left.items() if value != {"SS": []}}


def leads(confirmation, booking):
    """By these items an erasure finds the confirmation."""
    customers = {who for name in KNOWN for who in confirmation.get(name, {"SS": []})["SS"]}
    items = ({"pk": {"S": f"CUSTOMER#{who}"}, "sk": {"S": f"ASKED#{booking}"}} for who in customers)
    return {key(item): item for item in items}


def bookings(source, erased_at):
    """The bookings with their rows and confirmations, and the ids of those that were erased or are not whole."""
    restored, erased, torn = {}, [], []
    gone = erased_since(source, erased_at)
    for item in source.values():
        if not (is_of_booking(item) and item["sk"]["S"] == BOOKING):
            continue
        booking, owner = customer(item), item["owner"]["S"]
        row = f"CUSTOMER#{owner}", item["row_key"]["S"]
        if int(item["occurred_at"]["N"]) <= erased_at.get(owner, -1):
            erased.append(booking)
        elif row not in source:
            torn.append(booking)
        else:
            restored |= {key(item): item, row: source[row]}
            confirmation = without(source.get((item["pk"]["S"], CONFIRMATION), {}), gone - {owner})
            if any(name in confirmation for name in KNOWN):
                restored |= {key(confirmation): confirmation} | leads(confirmation, booking)
    return restored, erased, torn


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    names = sys.argv[1:]
    client = boto3.client("dynamodb")
    source, target = (read(client, name) for name in names)
    if not source:
        sys.exit(f"{names[0]} is empty. Nothing was changed")
    check_key(source, target, names)
    facts, erased_at = remembered(source, target)
    restored, erased, torn = bookings(source, erased_at)
    wanted = {(KEY, KEY): target[KEY, KEY]} | facts | restored
    write(client, names[1], [{"PutRequest": {"Item": item}} for item in wanted.values() if target.get(key(item)) != item])
    gone = [item for item in target.values() if key(item) not in wanted]
    write(client, names[1], [{"DeleteRequest": {"Key": {name: item[name] for name in ("pk", "sk")}}} for item in gone])
    found = sum(item["sk"]["S"] == BOOKING for item in restored.values())
    print(f"{names[1]}: {found} bookings restored, {len(gone)} items deleted (newer bookings, sign-ins, counters, cached "
          "dashboards). Everybody has to sign in again.")
    if erased:
        print(f"Bookings left out, because their customers were erased since: {len(erased)}.")
    if torn:
        print("Bookings left out, because the moment lies in the middle of a change to them. Have the booking system send "
              f"them again: {', '.join(torn)}.")
    print("Have the booking system send what happened after that moment again, as booking.confirmed with notify false: with "
          "notify true, confirmations that went out since would be mailed again.")


main()
