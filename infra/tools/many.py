"""What many stacks take of an account's quotas, and what they cost while nobody rents: counted in template.yaml.

    many.py TEMPLATE DOCUMENT [--write]

The quotas are those of quotas.json, each with AWS's page. DOCUMENT has the table between two comments; what stands there has
to be what is counted, or is written there.
"""

import json
import pathlib
import sys

from samtranslator.yaml_helper import yaml_parse

from cost import PRICES, STACKS, price, standing, watching
from template import Template
from transform import transformed

QUOTAS = json.loads((pathlib.Path(__file__).parent / "quotas.json").read_text(encoding="utf-8"))
BEGIN, END = "<!-- counted by infra/tools/many.py -->\n", "<!-- end of what is counted -->\n"

# How a stack among many is deployed: as the document says.
AMONG_MANY = {"EventBusName": "platform", "BusinessId": "tybee", "Watching": "essential", "AlarmAddress": "alarms@platform.example",
              "DomainName": "tybee.platform.example", "HostedZoneId": "Z0", "AcceptWebhooks": "true", "OperatorPolicies": "true"}
LARGEST_PACKAGE_MB = 3.5  # the budget of infra/bench/src/budgets.rs


def rules(template, default_bus):
    found = template.resources("AWS::Events::Rule").values()
    return sum(("EventBusName" not in rule["Properties"]) == default_bus for rule in found)


def counted(path):
    """What a stack among many takes, by the words of quotas.json; and of resources, by their types."""
    template, alone = Template(path, AMONG_MANY), Template(path, AMONG_MANY | {"EventBusName": ""})
    with open(path, encoding="utf-8") as source:
        resources = transformed(yaml_parse(source), AMONG_MANY)["Resources"]
    functions = template.resources("AWS::Serverless::Function").values()
    sources = [event["Properties"] for function in functions for event in function["Properties"].get("Events", {}).values()
               if event["Type"] == "SQS"]
    words = {
        "stack": 1,
        "resources": sum(template.holds(resource.get("Condition")) for resource in resources.values()),
        "rules on the default bus": rules(template, True),
        "rules on another bus": rules(template, False),
        "own buses": len(alone.resources("AWS::Events::EventBus")),
        "concurrency of queues": sum(int(template.value(source["ScalingConfig"]["MaximumConcurrency"])) for source in sources),
        "code": len(functions) * LARGEST_PACKAGE_MB,
    }
    return lambda needs: words[needs] if isinstance(needs, str) else sum(len(template.resources(kind)) for kind in needs)


def idle(path, chosen):
    """US dollars a month of a stack in which nobody rents."""
    template = Template(path, AMONG_MANY | chosen)
    metrics, _, dashboards = watching(template)
    used = standing(template) | {"alarm_metrics": metrics, "dashboards": dashboards}
    return sum(price(unit, amount) for unit, amount in used.items())


def table(path):
    count = counted(path)
    yield f"| of an account in a region | a stack | {STACKS} stacks | AWS allows | more on request | AWS's page |"
    yield "|---|---:|---:|---:|---|---|"
    for entry in QUOTAS["quotas"]:
        one = count(entry["needs"])
        all_of_them = one * (1 if entry.get("of_each") else STACKS)
        told = f"{all_of_them:,.0f}" if all_of_them <= entry["quota"] else f"**{all_of_them:,.0f}**"
        page = f"[{entry['page']}]({entry['source']})"
        yield f"| {entry['of']} | {one:g} | {'' if entry.get('of_each') else told} | {entry['quota']:,} | {entry['raised']} | {page} |"
    remembered = [entry["of"] for entry in QUOTAS["quotas"] if "from memory" in entry["seen"]]
    yield ""
    yield f"As of {QUOTAS['date']}. Read from no page but remembered, so look twice: {', '.join(remembered)}."
    yield ""
    yield f"| US dollars a month while nobody rents, {PRICES['date']} | a stack | {STACKS} stacks |"
    yield "|---|---:|---:|"
    for words, chosen in (
        ("`Watching=essential`, no webhook", {"AcceptWebhooks": "false"}),
        ("`Watching=essential`, `AcceptWebhooks=true`", {}),
        ("`Watching=full`, `AcceptWebhooks=true`", {"Watching": "full"}),
    ):
        amount = idle(path, chosen)
        yield f"| {words} | {amount:.2f} | {STACKS * amount:,.0f} |"


def main():
    path, document = sys.argv[1], pathlib.Path(sys.argv[2])
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    stands, after = rest.split(END)
    counts = "\n" + "\n".join(table(path)) + "\n\n"
    if "--write" in sys.argv:
        document.write_text(before + BEGIN + counts + END + after, encoding="utf-8")
    elif stands != counts:
        sys.exit(f"{document} does not say what {path} needs: run `make many`")


if __name__ == "__main__":
    main()
