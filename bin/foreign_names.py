"""Says which files of the repository name a machine's own paths or a package index: neither belongs into it."""

import re
import subprocess
import sys
from pathlib import Path

_PATTERNS = {
    "a path of one machine": re.compile(
        rb"""(?<![\w./-])(?:/(?:home|Users)/[a-z][\w.-]*/|/root/\w|[A-Z]:\\Users\\|/tmp/[\w.-]+/)"""
    ),
    "a package index": re.compile(rb"--(?:extra-)?index-url|--find-links|(?:https?|file)://[^\s\"'<>]*/simple\b"),
    "a key": re.compile(rb"sk-(?:ant|proj)-[\w-]{20,}"),
}


def main() -> int:
    """Look through every file that git knows or would add; 1 when one names something foreign."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], capture_output=True, check=True
    )
    found = 0
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = Path(name)
        if path == Path("bin/foreign_names.py") or not path.is_file():
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            for what, pattern in _PATTERNS.items():
                if pattern.search(line):
                    sys.stdout.write(f"{name}:{number}: names {what}\n")
                    found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
