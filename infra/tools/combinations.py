"""Walks the transformed template through every combination of its conditions.

    combinations.py template.yaml FOLDER

In each of them a resource or output may refer only to what is there, and no dependency may be circular. FOLDER gets templates
for cfn-lint, transformed with their parameters and without conditions: as many as it takes to show every form of every resource
and output. The choices are those of the parameters that conditions compare, less what the template's rules refuse.
"""

import copy
import itertools
import json
import pathlib
import re
import shutil
import sys

from samtranslator.yaml_helper import yaml_parse

from transform import transformed

# A value that a parameter may have, where the template does not list them.
SAMPLES = {
    "AlarmAddress": "alarms@tybeecarts.example",
    "BookingAccount": "111122223333",
    "BusinessId": "tybee-beach-carts",
    "CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-0123456789ab",
    "CustomerKeyArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:customer-key-AbCdEf",
    "DomainName": "portal.tybeecarts.example",
    "EventBusName": "operators-own",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "PortalUrl": "https://portal.tybeecarts.example",
    "SilenceHours": "24",
}
SUBSTITUTED = re.compile(r"\$\{([^!}][^}]*)\}")


def function(value):
    """An intrinsic function's name and argument; no name where there is none."""
    if isinstance(value, dict) and len(value) == 1:
        [(name, argument)] = value.items()
        if name in ("Ref", "Condition") or name.startswith("Fn::"):
            return name, argument
    return None, value


def children(value):
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else []


def holds(expression, parameters, conditions):
    """What a condition or an assertion says of these parameters."""
    name, argument = function(expression)
    inner = lambda one: holds(one, parameters, conditions)
    text = lambda one: parameters[one["Ref"]] if isinstance(one, dict) else str(one)
    if name == "Condition":
        return inner(conditions[argument])
    if name == "Fn::Equals":
        return text(argument[0]) == text(argument[1])
    if name == "Fn::Not":
        return not inner(argument[0])
    if name in ("Fn::And", "Fn::Or"):
        return (all if name == "Fn::And" else any)(map(inner, argument))
    sys.exit(f"a condition has {name or expression}, which combinations.py does not know")


def compared(expression):
    """The parameters that an expression compares, each with what it is compared with."""
    name, argument = function(expression)
    if name == "Fn::Equals":
        yield argument[0]["Ref"], str(argument[1])
    else:
        for one in children(argument):
            yield from compared(one)


def choices(template):
    """The values of each parameter that make a difference to a condition."""
    found = {}
    for name, value in itertools.chain.from_iterable(map(compared, template["Conditions"].values())):
        parameter = template["Parameters"][name]
        others = [str(other) for other in parameter.get("AllowedValues", []) if str(other) != value]
        other = others[0] if others else SAMPLES.get(name)
        if other is None or not re.fullmatch(parameter.get("AllowedPattern", ".*"), other):
            sys.exit(f"combinations.py has no value for {name} that the template takes")
        found.setdefault(name, {value}).add(other)
    return {name: sorted(values) for name, values in found.items()}


def combinations(template):
    """Every combination of these choices that no rule refuses, and what each makes of the conditions."""
    chosen = choices(template)
    defaults = {name: str(p.get("Default", "")) for name, p in template["Parameters"].items()}
    for values in itertools.product(*chosen.values()):
        given = dict(zip(chosen, values))
        says = lambda expression: holds(expression, defaults | given, template["Conditions"])
        rules = (rule for rule in template.get("Rules", {}).values() if "RuleCondition" not in rule or says(rule["RuleCondition"]))
        if all(says(assertion["Assert"]) for rule in rules for assertion in rule["Assertions"]):
            yield given, {name: says(expression) for name, expression in template["Conditions"].items()}


def references(value, guards=()):
    """What a value refers to, each with the conditions under which it does."""
    name, argument = function(value)
    if name == "Fn::If":
        condition, then, otherwise = argument
        yield from references(then, (*guards, (condition, True)))
        yield from references(otherwise, (*guards, (condition, False)))
    elif name == "Ref":
        yield argument, guards
    elif name == "Fn::GetAtt":
        yield (argument if isinstance(argument, str) else argument[0]).split(".")[0], guards
    elif name == "Fn::Sub":
        text, variables = argument if isinstance(argument, list) else (argument, {})
        for part in SUBSTITUTED.findall(text):
            if part.split(".")[0] not in variables:
                yield part.split(".")[0], guards
        yield from references(variables, guards)
    else:
        for one in children(value):
            yield from references(one, guards)


class Walk:
    """A template's resources and outputs, what each refers to, and the conditions on which its form depends."""

    def __init__(self, template):
        self.known = {name for name in template["Parameters"]}
        self.parts = {**template["Resources"], **{f"the output {name}": part for name, part in template["Outputs"].items()}}
        self.edges, self.made_of = {}, {}
        for name, part in self.parts.items():
            after = part.get("DependsOn", [])
            after = [after] if isinstance(after, str) else after
            body = {key: value for key, value in part.items() if key != "DependsOn"}
            found = [(to, guards) for to, guards in references(body) if not (to in self.known or to.startswith("AWS::"))]
            self.edges[name] = sorted({*found, *((to, ()) for to in after)})
            self.made_of[name] = sorted({*self.conditions_in(body), *filter(None, [part.get("Condition")])})

    def conditions_in(self, value):
        name, argument = function(value)
        if name == "Fn::If":
            yield argument[0]
        for one in children(value):
            yield from self.conditions_in(one)

    def is_there(self, name, conditions):
        return name in self.parts and conditions.get(self.parts[name].get("Condition"), True)

    def forms(self, conditions):
        """Each part with what its own conditions say, or that it is not there."""
        return {
            (name, tuple(conditions[one] for one in made_of)) if self.is_there(name, conditions) else (name, None)
            for name, made_of in self.made_of.items()
        }

    def wrong(self, conditions):
        """Dangling references, and a circular dependency if there is one."""
        waits = {}
        for name, edges in self.edges.items():
            if self.is_there(name, conditions):
                waits[name] = [to for to, guards in edges if all(conditions[c] == wanted for c, wanted in guards)]
                for to in waits[name]:
                    if not self.is_there(to, conditions):
                        yield f"{name} refers to {to}, which is not there"
        done, path = set(), []

        def circle(name):
            if name in path:
                return [*path[path.index(name):], name]
            if name in done:
                return None
            path.append(name)
            found = next(filter(None, map(circle, waits.get(name, []))), None)
            path.pop()
            done.add(name)
            return found

        if found := next(filter(None, map(circle, waits)), None):
            yield f"a circle: {' waits for '.join(found)}"


def resolved(value, conditions):
    """The value without conditions; None where nothing is left."""
    name, argument = function(value)
    if name == "Fn::If":
        return resolved(argument[1 if conditions[argument[0]] else 2], conditions)
    if value == {"Ref": "AWS::NoValue"}:
        return None
    if isinstance(value, dict):
        inner = {key: resolved(one, conditions) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one is not None}
    if isinstance(value, list):
        return [one for one in (resolved(one, conditions) for one in value) if one is not None]
    return value


def without_conditions(template, given, conditions):
    """The template as it is with these parameters, of which it then takes no other value."""
    left = {key: part for key, part in template.items() if key != "Conditions"}
    for section in ("Resources", "Outputs"):
        there = {name: part for name, part in template[section].items() if conditions.get(part.get("Condition"), True)}
        left[section] = {name: resolved({key: value for key, value in part.items() if key != "Condition"}, conditions)
                         for name, part in there.items()}
    fixed = lambda p, value: {"Type": p["Type"], "Default": value, "AllowedValues": [value]}
    left["Parameters"] = {name: fixed(p, given[name]) if name in given else p for name, p in template["Parameters"].items()}
    return left


def controls(template):
    """Copies of the template, each with something that a combination must show."""

    def changed(change):
        copied = copy.deepcopy(template)
        change(copied["Resources"])
        return copied

    variables = lambda r, name: r[name]["Properties"]["Environment"]["Variables"]
    record, api = {"Ref": "PortalRecord"}, {"Fn::GetAtt": ["Portal", "ApiEndpoint"]}
    traced = {"Fn::If": ["Traces", {"Fn::GetAtt": ["SendMail", "Arn"]}, {"Ref": "AWS::NoValue"}]}
    yield "a reference without its condition", changed(lambda r: variables(r, "SendMail").update(PORTAL_URL=record))
    yield "a wait for what is not there", changed(lambda r: r["SendMail"].update(DependsOn=["PortalMapping"]))
    yield "a circle", changed(lambda r: variables(r, "Dashboard").update(PORTAL_URL=api))
    yield "a circle in some combinations", changed(lambda r: r["MailQueue"]["Properties"].update(Tags=[{"Key": "k", "Value": traced}]))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        source = file.read()
    folder = pathlib.Path(sys.argv[2])
    template = transformed(yaml_parse(source), {})
    walk = Walk(template)
    ways = {}
    for given, conditions in combinations(template):
        ways.setdefault(tuple(conditions.values()), (given, conditions))
    if complaints := {line for _, conditions in ways.values() for line in walk.wrong(conditions)}:
        sys.exit("\n".join(sorted(complaints)))
    for what, copied in controls(template):
        broken = Walk(copied)
        if not any(next(broken.wrong(conditions), None) for _, conditions in ways.values()):
            sys.exit(f"the walk does not see {what}")

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    forms = [(walk.forms(conditions), given, conditions) for given, conditions in ways.values()]
    left = set.union(*(form for form, _, _ in forms))
    count = 0
    while left:
        form, given, conditions = max(forms, key=lambda way: len(way[0] & left))
        left -= form
        count += 1
        shown = without_conditions(transformed(yaml_parse(source), given), given, conditions)
        (folder / f"{count}.json").write_text(json.dumps(shown, indent=1), encoding="utf-8")
    print(f"{len(ways)} combinations of {len(template['Conditions'])} conditions: no circle, and nothing refers to what is not "
          f"there. {count} of them have every form of every resource.")


if __name__ == "__main__":
    main()
