"""Prints the CloudFormation template that SAM makes of a SAM template.

Parameters may follow as Name=Value. A routed function whose environment names its own API is circular, and only this
template shows it.
"""

import json
import logging
import os
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

MANAGED_POLICIES = {}  # the template uses none, so no AWS account need be asked for their ARNs


def transformed(template, parameters):
    """The template as SAM transforms it with these values of parameters."""
    logging.disable(logging.WARNING)
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # any: the result names it by AWS::Region
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    template["Globals"]["Function"].pop("CodeUri", None)
    return Translator(MANAGED_POLICIES, Parser()).translate(template, parameter_values=parameters)


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        template = yaml_parse(source)
    parameters = dict(argument.split("=", 1) for argument in sys.argv[2:])
    json.dump(transformed(template, parameters), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
