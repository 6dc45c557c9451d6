"""Makes what `sam deploy` takes of what `cargo lambda build` left: a zip for each function, and the template that names it.

    package.py template.yaml BUILT PACKAGE ARCHITECTURE [canary | at-once]

BUILT is cargo's target/lambda, or - for the template alone. The same binaries make the same zips. With `canary`, new code first takes a tenth of the
requests for five minutes, and CodeDeploy rolls it back where an alarm rings. This is not a parameter of the template
because SAM publishes no version of a function when only the value of a parameter changes
(https://github.com/aws/serverless-application-model/issues/3820): customers would go on with the old values. Here each
package publishes.

CodeDeploy starts nothing while one of these alarms rings, not even what would silence it
(https://github.com/aws/serverless-application-model/issues/716). `at-once` is the way out of that: it
keeps the aliases, asks no alarm, and gives new code all requests. Its list of alarms holds AWS::NoValue, for without a list
CodeDeploy would keep the alarms it has (https://github.com/aws/serverless-application-model/issues/2452).
"""

import datetime
import pathlib
import re
import sys
import zipfile

from template import binary

MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}  # e_machine of an ELF file
POSITION_INDEPENDENT = 3  # its e_type
FUNCTION = re.compile(
    r"^  (\w+):\n    Type: AWS::Serverless::Function\n((?:    Condition: .*\n)?)    Metadata: \{BuildMethod: makefile\}\n    Properties:\n", re.MULTILINE
)
GLOBALS = "    CodeUri: functions\n"
CANARY = """    AutoPublishAlias: live
    DeploymentPreference:
      Type: Canary10Percent5Minutes
      Alarms: [!Ref FunctionErrors, !Ref FunctionFailures, !Ref FailedMessages, !Ref FunctionThrottles]
"""
AT_ONCE = """    AutoPublishAlias: live
    DeploymentPreference:
      Type: AllAtOnce
      Alarms: [!Ref AWS::NoValue]
"""
ALWAYS = "    Condition: WatchesFully # a canary has it always\n"
ALIASES = {"canary": CANARY, "at-once": AT_ONCE}


def check(bootstrap, architecture):
    """On another processor than it is built for a function would end at its start, with every one of its invocations. At a
    fixed address, and without the list of its crates, it would be less than SECURITY.md promises."""
    content = bootstrap.read_bytes()
    kind, machine = (int.from_bytes(content[at : at + 2], "little") for at in (16, 18))
    if content[:4] != b"\x7fELF" or machine != MACHINES[architecture]:
        sys.exit(f"{bootstrap} is not built for {architecture}: make package builds for ARCHITECTURE, {' or '.join(MACHINES)}")
    if kind != POSITION_INDEPENDENT:
        sys.exit(f"{bootstrap} is loaded at a fixed address: functions/Makefile says how it is built")
    if b".dep-v0" not in content:
        sys.exit(f"{bootstrap} holds no list of its crates: functions/Makefile says how it is built")


def zipped(bootstrap, archive):
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(entry, bootstrap.read_bytes())


def packaged(function):
    name, condition = function.groups()
    return f"  {name}:\n    Type: AWS::Serverless::Function\n{condition}    Properties:\n      CodeUri: {binary(name)}.zip\n"


def replaced(text, old, new):
    if old not in text:
        sys.exit(f"the template has no {old.strip()}")
    return text.replace(old, new)


def main():
    template, built, package = map(pathlib.Path, sys.argv[1:4])
    architecture, aliases = sys.argv[4], "".join(ALIASES[how] for how in sys.argv[5:])
    if architecture not in MACHINES:
        sys.exit(f"{architecture} is no architecture of Lambda's: {' or '.join(MACHINES)}")
    package.mkdir(parents=True, exist_ok=True)

    text = template.read_text(encoding="utf-8")
    binaries = [binary(name) for name, _ in FUNCTION.findall(text)]
    if len(binaries) != text.count("Type: AWS::Serverless::Function"):
        sys.exit("a function of the template is not built by functions/Makefile")
    text = FUNCTION.sub(packaged, text)
    text = replaced(text, GLOBALS, aliases)
    text = replaced(text, "Architectures: [arm64]", f"Architectures: [{architecture}]")
    if aliases:
        text = replaced(text, ALWAYS, "")
        text = text.replace(".zip\n", ".zip\n      AutoPublishAliasAllProperties: true\n")
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = re.sub(r"(      CodeUri: \w+\.zip\n(?:      \w.*\n)*?      Description: .*)", rf"\1 Packaged {now}.", text)
    (package / "template.yaml").write_text(text, encoding="utf-8")

    for name in binaries if str(built) != "-" else []:
        archive, bootstrap = package / f"{name}.zip", built / name / "bootstrap"
        check(bootstrap, architecture)
        zipped(bootstrap, archive)
        print(f"{archive.stat().st_size / 1e6:5.1f} MB  {archive}")


main()
