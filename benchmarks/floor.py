"""Floor benchmark: CPU of the gateway for each request, over that of the least that Python can do.

`python -m benchmarks floor [--json] [--rounds N] [WORKLOAD ...]` makes a portal on SQLite and on a
PostgreSQL that it starts, compares the answers of both servers, and then asks them in turn, 16 at a time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson
import psutil
import sqlalchemy as sa

from benchmarks.portal import Place
from benchmarks.recording import record
from benchmarks.server import Job
from benchmarks.workloads import DOCUMENTS, GOALS, REQUESTS, Workload
from gateway.serving import DEMO_TOKENS, Service
from tabard.records import tables
from tabard.storage.ids import encode_global_id
from tests.support.postgres import Lessor

AT_ONCE: Final = 16
DEALS: Final = 64
KINDS: Final = ("floor", "tabard")
DATABASES: Final = ("sqlite", "postgresql")
HEAD: Final = "CPU ms a request at 16 at once        floor    tabard   ratio       spread  goal"
# Run by its path, so that it starts without the gateway.
LOADER: Final = Path(__file__).with_name("loader.py")
SCOPE: Final = "{portal}|Query.companies|company|[]|created_at down"


async def gather(place: Place) -> tuple[Job, dict[str, Workload], str]:
    """Makes the portal, records what the gateway does, and says what to ask."""
    await place.prepare()
    service = Service(place.installation)
    await service.open()
    try:
        identity = await place.identity(service)
        async with service.database.system("benchmark") as connection:
            deal, stage = tables.deal.c, tables.stage.c
            deals = (
                await connection.execute(
                    sa.select(deal.id, deal.stage_id, deal.pipeline_id)
                    .where(deal.portal_id == identity.portal)
                    .order_by(deal.id)
                    .limit(DEALS)
                )
            ).all()
            chosen = sa.select(stage.id).where(stage.pipeline_id == deals[0].pipeline_id).order_by(stage.id)
            stages = (await connection.execute(chosen)).scalars().all()
        moves = [
            {"record": encode_global_id("deal", row.id), "stage": encode_global_id("stage", stages[lap])}
            for lap in (0, 1)
            for row in deals
        ]
        other = next(id for id in stages if id != deals[0].stage_id)
        first = {"record": encode_global_id("deal", deals[0].id), "stage": encode_global_id("stage", other)}
        marks = {"deal": deals[0].id, "stage": other}
        recordings = {}
        for name, text in DOCUMENTS.items():
            recording = await record(service, identity, name, first if name == "move" else {})
            recordings[name] = (text, recording, marks)
        secret = place.installation.secret(DEMO_TOKENS)
        job = Job(place, recordings, secret, SCOPE.format(portal=identity.portal))
        workloads = {name: Workload(name, moves if name == "move" else [{}]) for name in DOCUMENTS}
        return job, workloads, place.token(identity)
    finally:
        await service.close()


@contextmanager
def serving(kind: str, file: Path) -> Iterator[tuple[psutil.Process, int]]:
    """A server's process and port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "server", kind, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        while not (line := process.stdout.readline().strip()).isdigit():
            if process.poll() is not None:
                raise RuntimeError(f"the {kind} server did not start")
        yield psutil.Process(process.pid), int(line)
    finally:
        process.terminate()
        process.wait(30)


def ask(folder: Path, port: int, token: str, workload: Workload, count: int) -> Any:
    """One answer, after `count` requests by a process of their own."""
    job = folder / "job.json"
    job.write_bytes(
        orjson.dumps(
            {
                "port": port,
                "token": token,
                "bodies": workload.bodies,
                "count": count,
                "at_once": min(AT_ONCE, count),
            }
        )
    )
    done = subprocess.run(
        [sys.executable, str(LOADER), str(job)], capture_output=True, check=True, timeout=180
    )
    return orjson.loads(done.stdout)["answer"]


def cost(folder: Path, server: tuple[psutil.Process, int], token: str, workload: Workload) -> float:
    """Milliseconds of the server's CPU for each request."""
    process, port = server
    before = spent(process)
    count = REQUESTS[workload.name]
    ask(folder, port, token, workload, count)
    return (spent(process) - before) / count * 1000


def spent(process: psutil.Process) -> float:
    """Seconds of CPU that a process has had: by Linux's clock of it, as psutil counts in hundredths."""
    if platform.system() == "Linux":
        # The number of another process's clock, as `clock_getcpuclockid` makes it.
        return time.clock_gettime(~process.pid << 3 | 2)
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(place: Place, names: list[str], rounds: int) -> dict[str, dict[str, Any]]:
    """For each workload the costs of each round, and the median of their ratios."""
    job, workloads, token = asyncio.run(gather(place))
    file = place.folder / "job.pickle"
    file.write_bytes(pickle.dumps(job))
    results: dict[str, dict[str, Any]] = {name: {kind: [] for kind in KINDS} for name in names}
    with serving("floor", file) as floor, serving("tabard", file) as tabard:
        servers = {"floor": floor, "tabard": tabard}
        for name in names:
            compare(place.folder, servers, token, workloads[name])
        for number in range(rounds):
            for name in names:
                for kind in KINDS if number % 2 else reversed(KINDS):
                    results[name][kind].append(cost(place.folder, servers[kind], token, workloads[name]))
    for found in results.values():
        ratios = [one / other for one, other in zip(found["tabard"], found["floor"], strict=True)]
        found |= {"ratio": round(median(ratios), 2), "lowest": min(ratios), "highest": max(ratios)}
    return results


def compare(
    folder: Path, servers: dict[str, tuple[psutil.Process, int]], token: str, workload: Workload
) -> None:
    """Checks that both servers give the same data, and lets them get warm."""
    answers = [ask(folder, servers[kind][1], token, workload, 1)["data"] for kind in KINDS]
    if workload.name == "move":
        # Each of the two has moved the deal once more.
        for answer in answers:
            answer["recordMoveStage"]["record"].pop("version")
    if answers[0] != answers[1]:
        raise AssertionError(
            f"the answers to {workload.name} differ: {answers[0]!s:.600} {answers[1]!s:.600}"
        )
    for kind in KINDS:
        ask(folder, servers[kind][1], token, workload, AT_ONCE * 2)


@contextmanager
def places(kinds: list[str]) -> Iterator[dict[str, Place]]:
    """A place for each kind of database, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tabard-bench-") as folder:
        found, lessor = {}, None
        if "sqlite" in kinds:
            (Path(folder) / "s").mkdir()
            found["sqlite"] = Place(Path(folder) / "s", f"sqlite:///{folder}/s/bench.sqlite3")
        if "postgresql" in kinds:
            lessor = Lessor()
            (Path(folder) / "p").mkdir()
        try:
            if lessor is not None:
                found["postgresql"] = Place(Path(folder) / "p", lessor.server().create_database("bench"))
            yield found
        finally:
            if lessor is not None:
                lessor.end()


def measured(
    names: list[str], rounds: int, kinds: list[str], tell: Callable[[str], object]
) -> dict[str, dict[str, float]]:
    """For each workload its ratio on each kind of database; tells a line of each."""
    ratios: dict[str, dict[str, float]] = {name: {} for name in names}
    with places(kinds) as found:
        for kind, place in found.items():
            for name, result in measure(place, names, rounds).items():
                tell(shown(kind, name, result))
                ratios[name][kind] = result["ratio"]
    return ratios


def shown(kind: str, name: str, found: dict[str, Any]) -> str:
    """One line of the table."""
    costs = "  ".join(f"{median(found[side]):8.2f}" for side in KINDS)
    spread = f"{found['lowest']:.2f}-{found['highest']:.2f}"
    return f"{kind:10}  {name:8}  {costs}  {found['ratio']:6.2f}  {spread:>11}  {GOALS[name]:4.1f}"


def echo(line: str) -> None:
    """A line for whoever started the benchmark."""
    print(line, flush=True)


def main() -> None:
    """Measures and prints; the last line is JSON if asked for."""
    parser = argparse.ArgumentParser(description="CPU of the gateway over that of a hand-written floor.")
    parser.add_argument(
        "names", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(DOCUMENTS)}; all by default"
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    names = options.names or list(DOCUMENTS)
    print(HEAD)
    ratios = measured(names, options.rounds, options.database or list(DATABASES), echo)
    if options.json:
        print(json.dumps(ratios))


if __name__ == "__main__":
    main()
