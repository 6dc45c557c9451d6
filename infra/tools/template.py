"""What template.yaml says, with values for its parameters: enough of CloudFormation's functions for what is read here."""

import re

import yaml

NO_VALUE = object()


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref x` becomes {"Ref": "x"}, `!Sub x` {"Fn::Sub": "x"}."""


def short_form(loader, suffix, node):
    construct = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    value = construct.get(type(node), loader.construct_mapping)(node, **({} if isinstance(node, yaml.ScalarNode) else {"deep": True}))
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", short_form)


def binary(function):
    """The name of a function's binary, which is the function's own as Cargo writes names: of SendMail, send_mail."""
    return re.sub(r"\B([A-Z])", r"_\1", function).lower()


class Template:
    """A template, its parameters' values, and what stands for its resources."""

    def __init__(self, path, parameters, pseudo=None, attribute=None):
        with open(path, encoding="utf-8") as source:
            self.document = yaml.load(source, Loader)
        declared = self.document["Parameters"]
        self.parameters = {name: str(parameter["Default"]) for name, parameter in declared.items() if "Default" in parameter}
        self.parameters |= {name: value for name, value in parameters.items() if name in declared}
        self.pseudo = {"AWS::NoValue": NO_VALUE, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"} | (pseudo or {})
        self.attribute = attribute  # of a resource's name and attribute (or Ref), its value

    def resources(self, kind=None):
        """The resources by name whose condition holds, of one type or of any."""
        return {
            name: resource for name, resource in self.document["Resources"].items()
            if kind in (None, resource["Type"]) and self.holds(resource.get("Condition"))
        }

    def holds(self, condition):
        return condition is None or self.value(self.document["Conditions"][condition])

    def properties(self, name):
        return self.value(self.document["Resources"][name].get("Properties", {}))

    def environment(self, name):
        """The variables of a function, with those of every function."""
        own = self.document["Resources"][name]["Properties"].get("Environment", {}).get("Variables", {})
        shared = self.document["Globals"]["Function"]["Environment"]["Variables"]
        return {variable: str(self.value(value)) for variable, value in (shared | own).items()}

    def value(self, node):
        """The node with every function of CloudFormation worked out."""
        if isinstance(node, list):
            return [value for value in map(self.value, node) if value is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument), = node.items()
            if name in ("Ref", "Condition") and isinstance(argument, str) or name.startswith("Fn::"):
                return self.function(name.removeprefix("Fn::"), argument)
        values = {key: self.value(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not NO_VALUE}

    def function(self, name, argument):
        if name == "Ref":
            return self.named(argument)
        if name == "Condition":
            return self.holds(argument)
        if name == "If":
            condition, then, otherwise = argument
            return self.value(then if self.holds(condition) else otherwise)
        if name == "GetAtt":
            return self.attribute(*argument)
        if name == "Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{([^!}]+)\}", lambda found: str(self.value(own[found[1]]) if found[1] in own else self.named(found[1])), text)
        values = self.value(argument)
        if name == "Equals":
            return values[0] == values[1]
        if name == "Not":
            return not values[0]
        if name in ("And", "Or"):
            return {"And": all, "Or": any}[name](values)
        if name == "Select":
            return values[1][int(values[0])]
        if name == "Split":
            return values[1].split(values[0])
        if name == "Join":
            return values[0].join(values[1])
        raise ValueError(f"Fn::{name} is not known here")

    def named(self, name):
        """What `!Ref name`, or `${name}` in a text, stands for."""
        for values in (self.parameters, self.pseudo):
            if name in values:
                return values[name]
        return self.attribute(*(name.split(".", 1) if "." in name else (name, "Ref")))
