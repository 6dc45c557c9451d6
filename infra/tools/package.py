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

MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}  # e_machine of an ELF file
BUILD = re.compile(r"    Metadata:\n      BuildMethod: rust-cargolambda\n      BuildProperties: \{Binary: (\w+)\}\n    Properties:\n")
CODE = r"    Properties:\n      CodeUri: \1.zip\n"
GLOBALS = "    CodeUri: .\n"
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


def check_machine(binary, architecture):
    """On another processor than it is built for a function would end at its start, with every one of its invocations."""
    header = binary.read_bytes()[:20]
    if header[:4] != b"\x7fELF" or int.from_bytes(header[18:20], "little") != MACHINES[architecture]:
        sys.exit(f"{binary} is not built for {architecture}: make package builds for ARCHITECTURE, {' or '.join(MACHINES)}")


def zipped(binary, archive):
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(entry, binary.read_bytes())


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
    binaries = BUILD.findall(text)
    if len(binaries) != text.count("Type: AWS::Serverless::Function"):
        sys.exit("a function of the template does not say which binary it is")
    text = BUILD.sub(CODE, text)
    text = replaced(text, GLOBALS, aliases)
    text = replaced(text, "Architectures: [arm64]", f"Architectures: [{architecture}]")
    if aliases:
        text = replaced(text, ALWAYS, "")
        text = text.replace(".zip\n", ".zip\n      AutoPublishAliasAllProperties: true\n")
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = re.sub(r"(      CodeUri: \w+\.zip\n(?:      \w.*\n)*?      Description: .*)", rf"\1 Packaged {now}.", text)
    (package / "template.yaml").write_text(text, encoding="utf-8")

    for binary in binaries if str(built) != "-" else []:
        archive, bootstrap = package / f"{binary}.zip", built / binary / "bootstrap"
        check_machine(bootstrap, architecture)
        zipped(bootstrap, archive)
        print(f"{archive.stat().st_size / 1e6:5.1f} MB  {archive}")


main()
