"""Makes the portal's table hold what another table holds, item for item.

    .tools/bin/python infra/operating/restore.py FROM TO

FROM is what DynamoDB restored to a moment, TO the stack's table. Items that only TO has are deleted. So is what was kept
of dashboards: it follows from the rows, and a moment may lie between the two. It may be run again after it was stopped.
Credentials, region and endpoint are those of any AWS client.
"""

import sys

import boto3


def key(item):
    return {name: item[name] for name in ("pk", "sk")}


def sort(item):
    return item["pk"]["S"], item["sk"]["S"]


def items(client, table, **only):
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True, **only):
        yield from page["Items"]


def write(client, table, requests):
    left = list(requests)
    while left:
        answer = client.batch_write_item(RequestItems={table: left[:25]})
        left = left[25:] + answer.get("UnprocessedItems", {}).get(table, [])


def main():
    source, destination = sys.argv[1:]
    client = boto3.client("dynamodb")
    kept, puts = set(), []
    for item in items(client, source):
        if item["sk"]["S"] == "DASHBOARD":
            continue
        kept.add(sort(item))
        puts.append({"PutRequest": {"Item": item}})
    if not kept:
        sys.exit(f"{source} is empty: nothing was changed")
    write(client, destination, puts)
    written = items(client, destination, ProjectionExpression="pk, sk")
    gone = [{"DeleteRequest": {"Key": key(item)}} for item in written if sort(item) not in kept]
    write(client, destination, gone)
    print(f"{len(puts)} items restored, {len(gone)} newer ones deleted")


main()
