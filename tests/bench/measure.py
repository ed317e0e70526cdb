# SPDX-License-Identifier: Apache-2.0
"""What a command costs, medians, and the words for them. CPU is user + system of the command and
of everything it waited for; the peak is that of its largest process."""
import os
import pathlib
import shutil
import statistics
import subprocess


class Cost:
    def __init__(self, cpu, wall, peak_mib, size=0):
        self.cpu, self.wall, self.peak_mib, self.size = cpu, wall, peak_mib, size


class Bench:
    """Where it runs and with which helper programs."""

    def __init__(self, build, place):
        self.helpers = pathlib.Path(build).resolve() / "tests/bench"
        self.valise = pathlib.Path(build).resolve() / "offline/cmd/valise"
        self.place = pathlib.Path(place)
        self.env = {**os.environ, "LC_ALL": "C", "NO_COLOR": "1", "HOME": str(self.place),
                    "XDG_RUNTIME_DIR": str(self.place), "GNUPGHOME": str(self.place / "gnupg"),
                    "GIT_CONFIG_GLOBAL": "/dev/null"}

    def helper(self, name):
        return str(self.helpers / name)

    def cost(self, *command, text="", out=None, fds=(), cwd=None):
        """Runs it, fails loudly, gives its Cost; out: file or folder whose bytes count as made."""
        result = self.place / "cost"
        done = subprocess.run([self.helper("bench_run"), result, *map(str, command)], input=text,
                              text=True, capture_output=True, env=self.env, pass_fds=fds,
                              cwd=cwd or self.place)
        if done.returncode != 0:
            raise RuntimeError("%s: %s" % (command[0], done.stderr))
        user, system, wall, peak, code = result.read_text().split()
        if code != "0":
            raise RuntimeError("%s ended with %s\n%s%s" % (" ".join(map(str, command)), code,
                                                           done.stdout[-2000:], done.stderr[-2000:]))
        self.stdout = done.stdout
        return Cost(float(user) + float(system), float(wall), int(peak) / 1024, size_of(out))

    def shell(self, script, out=None, cwd=None):
        return self.cost("bash", "-euo", "pipefail", "-c", script, out=out, cwd=cwd)


def size_of(path):
    if path is None or not pathlib.Path(path).exists():
        return 0
    path = pathlib.Path(path)
    if path.is_file():
        return path.stat().st_size
    return sum(p.lstat().st_size for p in path.rglob("*") if p.is_file())


def remove(*paths):
    for path in map(pathlib.Path, paths):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()


def median(costs):
    return Cost(statistics.median(c.cpu for c in costs), statistics.median(c.wall for c in costs),
                max(c.peak_mib for c in costs), costs[-1].size)


def machine():
    model, cores = "unknown processor", os.cpu_count()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    system = "unknown system"
    release = pathlib.Path("/etc/os-release")
    if release.exists():
        for line in release.read_text().splitlines():
            if line.startswith("PRETTY_NAME="):
                system = line.split("=", 1)[1].strip('"')
    return "%d cores of %s, %.0f GiB, %s" % (cores, model, memory, system)
