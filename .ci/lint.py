"""What no other tool checks: who includes whom, sizes, and the bookkeeping of requirements.

Prints each finding as FILE:LINE: SENTENCE; exit code 0 there is none, 1 there are some.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
Finding = tuple[Path, int, str]

C11 = {
    f"{name}.h"
    for name in "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp "
    "signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath "
    "threads time uchar wchar wctype".split()
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(<[^>]+>|"[^"]+")', re.MULTILINE)


def c_files() -> list[Path]:
    folders = ("include", "harness", "reference", "fuzz")
    files = (file for name in folders for file in (ROOT / name).rglob("*.[ch]"))
    return sorted(files)


def python_files() -> list[Path]:
    folders = (".ci", "cases", "fuzz", "reports")
    return sorted(file for name in folders for file in (ROOT / name).rglob("*.py"))


# ---- who may include whom ------------------------------------------------------------------


def c_includes() -> Iterator[Finding]:
    for file in c_files():
        text = file.read_text(encoding="utf-8")
        for found in INCLUDE.finditer(text):
            why = refused(file.relative_to(ROOT), found[1][1:-1], found[1][0] == "<")
            if why is not None:
                yield file, text.count("\n", 0, found.start(1)) + 1, why


def refused(file: Path, name: str, is_system: bool) -> str | None:
    """Why this file may not include this header; None if it may."""
    top = file.parts[0]
    if top == "include":
        if is_system and name in ("stddef.h", "stdint.h"):
            return None
        return f"the contract includes nothing but stddef.h and stdint.h, not {name}"
    if name.startswith("ov2/"):
        return None
    if is_system:
        return refused_system(file, name)
    folders = {
        "harness": ["harness"],
        "reference": ["reference"],
        "fuzz": ["fuzz", "harness"],
    }[top]
    if file.parts[:2] == ("harness", "adapters"):
        folders = ["/".join(file.parts[:-1])]
    if any((ROOT / folder / name).exists() for folder in folders):
        return None
    return f"{'/'.join(file.parts[:-1])} may not include {name}"


def refused_system(file: Path, name: str) -> str | None:
    if name in C11 or file.parts[:2] == ("harness", "adapters"):  # an adapter wraps what it likes
        return None
    if file.parts[0] == "reference" and not file.stem.endswith("_test"):
        owner = {"pthread.h": file.name}.get(name)
        if name in ("windows.h", "bcrypt.h"):
            owner = "crypto_cng.c"
        if name.startswith("openssl/"):
            owner = file.name if file.name == "bench_evp.c" else "crypto_openssl.c"
        return None if file.name == owner else f"{name} belongs into {owner or 'no file here'}"
    if name.startswith("openssl/"):
        return "only the reference does cryptography"
    if file.stem.endswith(("_posix", "_win32", "_test")):
        return None
    return f"{name} belongs into a file named *_posix.c or *_win32.c"


def python_imports() -> Iterator[Finding]:
    reports = {file.stem for file in (ROOT / "reports").glob("*.py")}
    fuzz = {file.stem for file in (ROOT / "fuzz").glob("*.py")}
    allowed = {
        "cases": sys.stdlib_module_names - {"ctypes"} | {"pytest", "_pytest", "xdist", "ov2"},
        "reports": sys.stdlib_module_names - {"ctypes"} | {"pytest"} | reports,
        "fuzz": sys.stdlib_module_names - {"ctypes"} | {"pytest"} | fuzz,
        ".ci": sys.stdlib_module_names,
    }
    for file in python_files():
        top = file.relative_to(ROOT).parts[0]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                if name.partition(".")[0] not in allowed[top]:
                    yield file, node.lineno, f"{top}/ may not import {name}"


# ---- sizes ---------------------------------------------------------------------------------


def sizes() -> Iterator[Finding]:
    limits = {ROOT / "Makefile": 250, ROOT / "ov2": 360, ROOT / "include/ov2/adapter.h": 250}
    limits |= {file: 500 for file in c_files() if file.suffix == ".c"}
    for file, limit in limits.items():
        count = len(file.read_text(encoding="utf-8").splitlines())
        if count > limit:
            yield file, count, f"longer than {limit} lines: split it by noun"
    for file in python_files():
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > 100:
                yield file, number, "longer than 100 columns"


# ---- what a repository is for --------------------------------------------------------------


def text_only() -> Iterator[Finding]:
    """What a tool has left behind is added by mistake: all that we keep can be read."""
    if not (ROOT / ".git").exists():
        return
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        file = ROOT / name
        if file.exists() and b"\0" in file.read_bytes():
            yield file, 1, "is not text"


# ---- requirements, readings, faults --------------------------------------------------------


def cases_of() -> dict[str, list[str]]:
    """The cases of each requirement, as pytest collects them; {} if it cannot."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "pytest", "cases", "--collect-only", "-q", "--out", out]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(done.stdout[-2000:] or done.stderr[-2000:])
            return {}
        found: dict[str, list[str]] = {}
        collected = json.loads(Path(out, "cases.json").read_text(encoding="utf-8"))
        for case, ids in collected["cases"].items():
            for key in ids:
                found.setdefault(key, []).append(case)
        return found


def names_it(test: Path, key: str) -> bool:
    """Whether there is such a unit test, with the requirement in one of its comments."""
    return test.exists() and re.search(rf"\b{key}\b", test.read_text(encoding="utf-8")) is not None


def requirements() -> Iterator[Finding]:
    file = ROOT / "cases" / "requirements.toml"
    text = file.read_text(encoding="utf-8")
    catalogue = tomllib.loads(text)
    finished = catalogue.pop("finished", [])
    readings = tomllib.loads((ROOT / "cases" / "readings.toml").read_text(encoding="utf-8"))
    cases = cases_of()
    if not cases:
        yield ROOT / "cases" / "conftest.py", 1, "the cases cannot be collected"
        return
    lines = {found[1]: text.count("\n", 0, found.start()) + 1
             for found in re.finditer(r'^\["?([A-Z0-9-]+)"?\]', text, re.MULTILINE)}

    groups = {key.rpartition("-")[0] for key in catalogue}
    for group in finished:
        if group not in groups:
            yield file, 1, f"{group} is listed as finished, but there is no such group"
    for key, entry in catalogue.items():
        excuses = [word for word in ("unit", "untestable", "later") if word in entry]
        at = lines.get(key, 1)
        if entry.get("level") not in ("MUST", "SHOULD", "ROBUST") or not entry.get("text"):
            yield file, at, f"{key} needs a level and a text"
        for reading in set(entry.get("readings", [])) - set(readings):
            yield file, at, f"{key} names {reading}, which readings.toml does not have"
        if excuses and key in cases:
            yield file, at, f"{key} is {excuses[0]} and has a case"
        if "unit" in entry and not names_it(ROOT / "harness" / entry["unit"], key):
            yield file, at, f"{key} has the unit test {entry['unit']}, which does not name it"
        if key.rpartition("-")[0] in finished and key not in cases and not excuses:
            yield file, at, f"{key} has no case, and its group is finished"


def faults() -> Iterator[Finding]:
    file = ROOT / "reference" / "faults.def"
    if not file.exists():
        return
    catalogue = tomllib.loads((ROOT / "cases/requirements.toml").read_text(encoding="utf-8"))
    finished = catalogue.pop("finished", [])
    broken = set()
    text = file.read_text(encoding="utf-8")
    sources = [f.read_text(encoding="utf-8") for f in (ROOT / "reference").glob("*.c")]
    used = {name for source in sources for name in re.findall(r"\b[A-Z][A-Z0-9_]+\b", source)}
    for found in re.finditer(r'^\s*FAULT(?:_ASAN)?\(\s*(\w+)\s*,\s*"([^"]+)"', text, re.MULTILINE):
        at = text.count("\n", 0, found.start(1)) + 1
        broken.update(found[2].split())
        for name in found[2].split():
            if name not in catalogue:
                yield file, at, f"{found[1]} breaks {name}, which requirements.toml does not have"
            elif "faultless" in catalogue[name]:
                yield file, at, f"{name} is faultless, and {found[1]} is its fault"
        if found[1] not in used:
            yield file, at, f"no FAULTY() expression uses {found[1]}"
    words = {"faultless", "untestable", "unit", "later"}
    for key, entry in catalogue.items():
        if key.rpartition("-")[0] in finished and key not in broken and words.isdisjoint(entry):
            yield file, 1, f"no fault breaks {key}, which does not say why it is faultless"
    names = {path.stem for path in (ROOT / "fuzz" / "witnesses").glob("*.trace")}
    for name in sorted(names - set(re.findall(r"\bFAULT(?:_ASAN)?\(\s*(\w+)", text))):
        yield ROOT / "fuzz" / "witnesses" / f"{name}.trace", 1, "a witness of no fault"


def main() -> int:
    checks = (c_includes, python_imports, sizes, text_only, requirements, faults)
    findings = [finding for check in checks for finding in check()]
    for file, line, sentence in findings:
        print(f"{file.relative_to(ROOT)}:{line}: {sentence}")
    count = len(c_files()) + len(python_files())
    print(f"{count} files, {len(findings)} findings" if findings else f"{count} files are clean")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
