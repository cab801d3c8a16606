#!/usr/bin/python3
"""The three catalogues have the same keys, each text the same placeholders, and every reason code its three lines."""

import re
import sys
import tomllib
from pathlib import Path

LANGUAGES = ("en", "zh", "ru")
LINES = {"what", "why", "fix"}


def texts(table, path=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, (*path, key))
        else:
            yield (*path, key), value


def placeholders(text):
    return set(re.findall(r"\{[^{}]*\}", text))


def compare(catalogues):
    faults = []
    keys = set().union(*(catalogue.keys() for catalogue in catalogues.values()))
    for key in sorted(keys):
        name = ".".join(key)
        missing = [language for language in LANGUAGES if key not in catalogues[language]]
        if missing:
            faults.append(f"{name}: missing in {', '.join(missing)}")
            continue
        found = {language: catalogues[language][key] for language in LANGUAGES}
        faults += [f"{name}: empty or no text in {l}" for l, t in found.items() if not isinstance(t, str) or not t.strip()]
        if len({frozenset(placeholders(str(text))) for text in found.values()}) != 1:
            faults.append(f"{name}: the placeholders differ")
    return faults


def check_reasons(catalogue, root):
    declared = set(re.findall(r'"(E-[A-Z-]+)"', (root / "daemon/core/reason.def").read_text("utf-8")))
    errors = {}
    for key in catalogue:
        if key[0] == "error":
            errors.setdefault(key[1], set()).add(key[2] if len(key) == 3 else "?")
    faults = [f"{code}: no text" for code in sorted(declared - errors.keys())]
    faults += [f"{code}: must have what, why and fix" for code in sorted(declared & errors.keys()) if errors[code] != LINES]
    return faults


def check_doctor(catalogue, root):
    declared = set(re.findall(r', "(D-[A-Z-]+)"', (root / "daemon/doctor_check.def").read_text("utf-8")))
    areas = set(re.findall(r'area\("([a-z]+)"', (root / "daemon/doctor.cpp").read_text("utf-8")))
    wanted = {("doctor", code, line) for code in declared for line in LINES} | {("doctor", "fine", area) for area in areas}
    wanted |= {("doctor", word) for word in ("ok", "warning", "error", "why", "fix")}
    there = {key for key in catalogue if key[0] == "doctor"}
    return [f"{'.'.join(key)}: {'no text' if key in wanted else 'nothing says it'}" for key in sorted(wanted ^ there)]


def check_words(catalogue, root):
    """Words the core writes and a person reads: each has a name."""
    kinds = re.findall(r'CHANCERY_KIND\("([a-z-]+)"', (root / "daemon/core/kind.def").read_text("utf-8"))
    wanted = {("kind", kind) for kind in kinds}
    for section, header, name in (("stage", "receipt", "Stage"), ("precedence", "message", "Precedence"), ("role", "authority", "Role")):
        text = (root / f"daemon/core/{header}.h").read_text("utf-8")
        words = re.search(r"enum class " + name + r" \{([^}]*)\}", text).group(1)
        wanted |= {(section, word.strip()) for word in words.split(",") if word.strip()}
    rules = re.findall(r'Rule\{"([a-z-]+)"', (root / "daemon/core/release.cpp").read_text("utf-8"))
    rules += re.findall(r'finding\(world, message, "([a-z-]+)"', (root / "daemon/service/sealing.cpp").read_text("utf-8"))
    wanted |= {("rule", rule) for rule in rules}
    return [f"{'.'.join(key)}: no name" for key in sorted(wanted) if key not in catalogue]


def self_test():
    same = {("a",): "x {m}"}
    assert compare({"en": same, "zh": same, "ru": same}) == []
    assert compare({"en": same, "zh": {}, "ru": same}) == ["a: missing in zh"]
    assert compare({"en": same, "zh": {("a",): "y"}, "ru": same}) == ["a: the placeholders differ"]
    assert compare({"en": same, "zh": {("a",): ""}, "ru": same})[0] == "a: empty or no text in zh"


def main():
    self_test()
    root = Path(sys.argv[1])
    catalogues = {
        language: dict(texts(tomllib.loads((root / f"config/i18n/{language}.toml").read_text("utf-8"))))
        for language in LANGUAGES
    }
    faults = compare(catalogues) + check_reasons(catalogues["en"], root) + check_doctor(catalogues["en"], root) + check_words(catalogues["en"], root)
    print("\n".join(faults) or f"{len(catalogues['en'])} texts in {len(LANGUAGES)} languages")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
