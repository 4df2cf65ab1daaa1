"""Pages: the code in our documentation, to be run as a reader would."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"(?P<notes>(?:^<!-- [a-z]+: [^\n]* -->\n)*)^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
NOTE = re.compile(r"^<!-- ([a-z]+): (.*) -->$", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; `notes` are the comments right above it, such as `<!-- persona: csm -->`."""

    language: str
    text: str
    notes: dict[str, str]


@dataclass(frozen=True)
class Page:
    """A page of Markdown."""

    path: Path

    @property
    def name(self) -> str:
        """Where the page is, seen from the project."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return FENCE.sub("", self.text)

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks in their order."""
        return [
            Block(found["language"], found["text"], dict(NOTE.findall(found["notes"])))
            for found in FENCE.finditer(self.text)
        ]

    @property
    def links(self) -> list[str]:
        """Where the page's links lead."""
        return LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The names by which links find the page's headings."""
        return {anchor(heading) for heading in HEADING.findall(self.prose)}

    def of(self, *languages: str) -> Iterator[Block]:
        """The blocks in some languages."""
        return (block for block in self.blocks if block.language in languages)

    @property
    def module(self) -> str:
        """The page's own Python, as one module; what is quoted from a file is that file's."""
        return "\n\n".join(block.text for block in self.of("python") if "from" not in block.notes)

    @property
    def exchanges(self) -> list[tuple[Block, Block | None]]:
        """Each GraphQL document with the JSON that comes right after it."""
        blocks = [*self.blocks, None]
        return [
            (block, after if after is not None and after.language == "json" else None)
            for block, after in pairwise(blocks)
            if block is not None and block.language == "graphql"
        ]


def anchor(heading: str) -> str:
    """A heading's name in links, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def pages() -> list[Page]:
    """Every page of the project; what is in hidden folders is somebody else's."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("*/*.md"), *ROOT.glob("*/*/*.md"), *ROOT.glob("*/*/*/*.md")]
    return [Page(path) for path in sorted(found) if not _is_hidden(path)]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(ROOT).parts)
