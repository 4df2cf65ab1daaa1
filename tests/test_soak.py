"""The frame of the soaks tells each round, goes on after a failure, and says how to play one again."""

import subprocess
import sys

import pytest

from tests.soak.frame import Rounds, Soak


def play(rounds: Rounds) -> None:
    """Fails in every round whose seed is odd."""
    for turn in rounds:
        with turn:
            turn.count("writes", 2)
            turn.measure("ready", turn.number)
            assert turn.seed % 2 == 0, "odd"


def test_rounds_are_told_and_a_failed_one_can_be_played_again(capsys: pytest.CaptureFixture[str]) -> None:
    soak = Soak("sample", "A sample.", {"sqlite": 3, "postgresql": 9})

    code = soak.run(play, ["--on", "sqlite", "--seed", "10"])

    said = capsys.readouterr().out
    assert code == 1
    assert "sample sqlite 1/3 seed 10: writes 2, ready 1.00 s\n" in said
    assert "FAILED; replay with `python3 dev.py soak sample --on sqlite --seed 11 --rounds 1`\n" in said
    assert said.endswith(
        "SUMMARY sample on sqlite: 3 of 3 rounds, 1 failed; writes 6, ready 2.00 s, longest 3.00 s\n"
    )
    assert soak.run(play, ["--on", "sqlite", "--seed", "11", "--rounds", "1"]) == 1
    assert soak.run(play, ["--on", "sqlite", "--seed", "12", "--rounds", "1"]) == 0


def test_chance_of_a_round_follows_from_its_seed() -> None:
    first, again = (next(iter(Rounds("sample", "sqlite", 1, 7))).random.random() for _ in range(2))

    assert first == again


def test_error_that_is_no_finding_ends_the_soak_and_tells_the_seed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(rounds: Rounds) -> None:
        for turn in rounds:
            with turn:
                raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        Soak("sample", "A sample.", {"sqlite": 3}).run(broken, ["--seed", "5"])
    assert "sample sqlite 1/3 seed 5: OSError; replay with" in capsys.readouterr().out


def test_soaks_are_listed_when_none_is_named() -> None:
    listed = subprocess.run([sys.executable, "-m", "tests.soak"], capture_output=True, text=True, check=False)

    assert listed.returncode == 2
    assert "  quotas       P17: quotas under fifty at once, twenty rounds on both databases." in listed.stdout
