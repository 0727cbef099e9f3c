"""Checks that modules include only downwards (the order is the one in CMakeLists.txt)."""
import pathlib
import re
import sys

ALLOWED_THIRD_PARTY = {
    "pg_query": {"sql"},
    "pqxx": {"catalog"},
    "simdjson": {"sql"},
    "re2": {"policy", "enforce"},
    "yaml-cpp": {"config", "auth", "policy"},
    "boost/asio": {"net", "cli"},
}


def modules(root):
    uses = {}
    for match in re.finditer(r"^sluice_module\((\w+)([^)]*)\)", (root / "CMakeLists.txt").read_text(), re.M):
        words = match.group(2).split()
        below = words[words.index("USES") + 1:] if "USES" in words else []
        below = below[: below.index("LINK")] if "LINK" in below else below
        assert all(word in uses for word in below), f"{match.group(1)} uses a module that is declared after it"
        uses[match.group(1)] = set(below)
    return uses


def main(root):
    uses = modules(root)
    problems = []
    for name, below in uses.items():
        for folder in (root / "src" / name, root / "include" / "sluice" / name):
            for path in sorted(folder.rglob("*.[ch]pp")):
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
                    if not found:
                        continue
                    target = found.group(1)
                    own = re.match(r"sluice/(\w+)/", target)
                    if own and own.group(1) != name and own.group(1) not in below:
                        problems.append(f"{path.relative_to(root)}:{number}: `{name}` may not include `{own.group(1)}`")
                    for library, owners in ALLOWED_THIRD_PARTY.items():
                        if target.startswith(library) and name not in owners:
                            problems.append(f"{path.relative_to(root)}:{number}: `{library}` belongs to {sorted(owners)}")
    for folder in (root / "src").iterdir():
        if folder.is_dir() and folder.name not in uses:
            problems.append(f"src/{folder.name}: not a declared module")
    print("\n".join(problems) or f"{len(uses)} modules include only downwards")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
