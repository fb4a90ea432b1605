"""The engines, as a campaign sees them: what is started, what it says of itself, what it leaves."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEN_MAX = 4096  # bytes of an input
SEED_S = 20  # for one seed in a process of its own
COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class CouldNotRun(Exception):
    """The text says why, in one sentence."""


@dataclass
class Engine(ABC):
    """One run of an engine on `target`; everything it has and leaves is below `folder`."""

    target: str
    folder: Path
    told: dict[str, str]  # what the target is told by its environment; fuzz/entry.h
    seed: int
    jobs: int = 1  # of them that share the folder

    @property
    def log(self) -> Path:
        return self.folder / "engine.log"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("OV2_FUZZ_", "AFL_", "ASAN_OPTIONS"))}
        return kept | self.told

    def prepare(self) -> None:
        """Once, before the first start."""

    @abstractmethod
    def command(self, left_s: float, start: int) -> list[str]:
        """What is started for the `start`-th time, and ends by itself."""

    @abstractmethod
    def edges(self) -> int:
        """How many it has reached, by what it has written so far."""

    def collect(self) -> None:
        """Takes what it has found to `folder`/finds."""

    def last_words(self) -> str:
        """Why it could not run."""
        text = COLOURS.sub("", self.log.read_text(errors="replace"))
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        ours = [line for line in lines if line.startswith("ov2: ") or "PROGRAM ABORT" in line]
        said = [*ours[:1], *lines[-1:], "the engine ended without a word"]
        return said[0].removeprefix("ov2: ")


class LibFuzzer(Engine):
    """In the process of the target; it ends with each crash, and is started again."""

    def command(self, left_s: float, start: int) -> list[str]:
        return [
            str(ROOT / "build/fuzz" / self.target), f"-max_len={LEN_MAX}",
            f"-max_total_time={max(1, int(left_s))}",
            "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=0",
            f"-dict={ROOT / 'fuzz/ov2.dict'}",
            f"-seed={self.seed + start}", f"-reload={int(self.jobs > 1)}", "-verbosity=1",
            f"-artifact_prefix={self.folder}/finds/", str(self.folder / "corpus"),
            str(self.folder / "seeds"),
        ]

    def edges(self) -> int:
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 65536))
            found = re.findall(rb"cov: (\d+)", file.read())
        return int(found[-1]) if found else 0


@dataclass
class Afl(Engine):
    """AFL++, which goes on after a crash by itself.  Its own folder is `folder`/afl."""

    taken: set[Path] = field(default_factory=set)

    @property
    def environment(self) -> dict[str, str]:
        own = {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
               "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_AUTORESUME": "1"}
        if self.target != "fuzz_harness":  # which has no traces to change
            own["AFL_CUSTOM_MUTATOR_LIBRARY"] = str(ROOT / f"build/fuzz/{self.target}-afl.so")
            own["AFL_CUSTOM_MUTATOR_ONLY"] = "1"
        return super().environment | own

    def prepare(self) -> None:
        """AFL++ passes over a seed that crashes without keeping it, so each is run here before."""
        (self.folder / "seeds/open").write_text("open\n", encoding="utf-8")
        for seed in sorted((self.folder / "seeds").iterdir()):
            run = self.run_alone(seed)
            if run == 2:
                raise CouldNotRun(self.last_words())
            if run != 0:
                shutil.move(seed, self.folder / "finds" / f"crash-{seed.name}")

    def run_alone(self, seed: Path) -> int:
        command = [ROOT / f"build/fuzz/{self.target}-files", seed]
        with self.log.open("wb") as out:
            try:
                return subprocess.run(command, env=self.environment, stdout=out, stderr=out,
                                      stdin=subprocess.DEVNULL, timeout=SEED_S).returncode
            except subprocess.TimeoutExpired:
                return 1

    def command(self, left_s: float, start: int) -> list[str]:
        return [
            "afl-fuzz", "-V", str(max(1, int(left_s))), "-s", str(self.seed + start),
            "-t", "10000", "-G", str(LEN_MAX), "-i", str(self.folder / "seeds"),
            "-o", str(self.folder / "afl"), "--", str(ROOT / f"build/fuzz/{self.target}-afl"),
        ]

    def edges(self) -> int:
        """What AFL++ counts: edges of the driver, and behaviours."""
        plot = self.folder / "afl/default/plot_data"
        rows = plot.read_text(errors="replace").splitlines() if plot.exists() else []
        values = [row.split(",") for row in rows[-2:] if not row.startswith("#")]
        whole = [row[12] for row in values if len(row) >= 13]
        return int(whole[-1]) if whole else 0

    def collect(self) -> None:
        for kind, called in {"crashes": "crash", "hangs": "timeout"}.items():
            files = set((self.folder / "afl/default" / kind).glob("id:*")) - self.taken
            for file in sorted(files):
                name = hashlib.sha1(file.read_bytes()).hexdigest()
                shutil.copy(file, self.folder / f"finds/{called}-{name}")
            self.taken |= files


ENGINES = {"libfuzzer": LibFuzzer, "afl": Afl}
