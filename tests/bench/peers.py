# SPDX-License-Identifier: Apache-2.0
"""The peers that Debian packages, each set up as its manual says and run on the bench's own data.

Each function gives [(label, Cost)] or raises Missing with the program's name.
"""
import re
import shutil
import subprocess

from measure import remove

READERS = 5


SKIPPED = set()  # programs that this run leaves out


class Missing(Exception):
    pass


def need(*programs):
    for program in programs:
        if program in SKIPPED:
            raise Missing(program + " (left out of this run)")
        if shutil.which(program) is None:
            raise Missing(program)


def setup(b, *command, text="", cwd=None, save=None):
    """A step whose cost does not count."""
    done = subprocess.run(list(map(str, command)), input=text, text=True, capture_output=True,
                          env=b.env, cwd=cwd or b.place)
    if done.returncode != 0:
        raise RuntimeError("%s: %s%s" % (command[0], done.stdout, done.stderr))
    if save is not None:
        save.write_text(done.stdout)
    return done.stdout


# ---- keys -----------------------------------------------------------------------------------------

def age_options(b):
    need("age", "minisign", "zstd")
    options = []
    for i in range(READERS):
        key = b.place / ("age-%d" % i)
        if not key.exists():
            setup(b, "age-keygen", "-o", key)
        options += ["-r", setup(b, "age-keygen", "-y", key).strip()]
    if not (b.place / "mini.key").exists():
        setup(b, "minisign", "-G", "-W", "-p", b.place / "mini.pub", "-s", b.place / "mini.key")
    return " ".join(options)


def gpg_options(b):
    need("gpg", "gpg-agent")
    if not (b.place / "gnupg").exists():
        (b.place / "gnupg").mkdir(mode=0o700)
        for i in range(READERS):
            setup(b, "gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
                  "--quick-gen-key", "reader%d@example.org" % i, "future-default")
    readers = " ".join("-r reader%d@example.org" % i for i in range(READERS))
    return "--batch --yes --quiet --trust-model always --pinentry-mode loopback " + readers


def nncp_config(b):
    need("nncp-file", "nncp-cfgnew")
    config = b.place / "nncp.hjson"
    if not config.exists():
        setup(b, "nncp-cfgnew", "-nocomments", save=config)
        words = config.read_text().replace("/var/spool/nncp", str(b.place / "nncp"))
        neighbours = ""
        for i in range(READERS):
            own = setup(b, "nncp-cfgnew", "-nocomments")
            keys = ["%s: %s" % (name, re.search(r"^\s*%s: (\w+)" % name, own, re.M).group(1))
                    for name in ("id", "exchpub", "signpub", "noisepub")]
            neighbours += "    reader%d: {\n      %s\n    }\n" % (i, "\n      ".join(keys))
        config.write_text(re.sub(r"neigh: \{\n", lambda m: m.group(0) + neighbours, words, 1))
    (b.place / "nncp").mkdir(exist_ok=True)
    return config


# ---- row 1: one large file to five readers ---------------------------------------------------------

def seal_age(b, source):
    readers, out = age_options(b), b.place / "peer.age"
    cost = b.shell("zstd -3 -q --single-thread -c '%s' | age %s -o '%s'; "
                   "minisign -S -s mini.key -m '%s' >/dev/null" % (source, readers, out, out), out=out)
    remove(out, str(out) + ".minisig")
    return [("zstd -3 \\| age, 5 readers, minisign", cost)]


def seal_age_zstdless(b, source):
    readers, out = age_options(b), b.place / "peer.age"
    cost = b.shell("age %s -o '%s' '%s'" % (readers, out, source), out=out)
    remove(out)
    return [("age, 5 readers (neither compressed nor signed)", cost)]


def seal_gpg(b, source):
    options, out = gpg_options(b), b.place / "peer.gpg"
    cost = b.shell("gpg %s -se -o '%s' '%s'" % (options, out, source), out=out)
    remove(out)
    return [("gpg -se, 5 readers, its defaults", cost)]


def seal_nncp(b, source):
    config, out = nncp_config(b), b.place / "nncp"
    cost = b.shell(" && ".join("nncp-file -cfg '%s' -quiet '%s' reader%d:" % (config, source, i)
                               for i in range(READERS)), out=out)
    remove(out)
    return [("nncp-file, once for each of 5 readers (not compressed)", cost)]


def seal_restic(b, source):
    need("restic")
    repo = b.place / "restic"
    b.env["RESTIC_PASSWORD"] = "bench"
    setup(b, "restic", "-q", "--no-cache", "-r", repo, "init", "--repository-version", "2")
    cost = b.cost("restic", "-q", "--no-cache", "-r", repo, "backup", source, out=repo)
    remove(repo)
    return [("restic backup (one shared password, not signed)", cost)]


def git_start(b, folder):
    need("git")
    remove(folder)
    folder.mkdir()
    setup(b, "git", "init", "-q", "-b", "main", cwd=folder)
    setup(b, "git", "config", "user.name", "bench", cwd=folder)
    setup(b, "git", "config", "user.email", "bench@example.org", cwd=folder)
    setup(b, "git", "config", "gc.auto", "0", cwd=folder)
    return folder


def seal_git(b, source):
    folder, out = git_start(b, b.place / "git"), b.place / "peer.bundle"
    setup(b, "cp", source, folder / "data")
    cost = b.shell("git add . && git commit -q -m data && git bundle create -q '%s' main" % out,
                   out=out, cwd=folder)
    remove(folder, out)
    return [("git add, commit, bundle (not encrypted)", cost)]


SEAL = [seal_age, seal_age_zstdless, seal_nncp, seal_restic, seal_gpg, seal_git]


# ---- row 2: many small records ---------------------------------------------------------------------

def pack_age(b, files, xml):
    readers, out = age_options(b), b.place / "peer.age"
    cost = b.shell("tar -C '%s' -cf - . | zstd -3 -q --single-thread -c | age %s -o '%s'; "
                   "minisign -S -s mini.key -m '%s' >/dev/null" % (files, readers, out, out), out=out)
    remove(out, str(out) + ".minisig")
    return [("tar \\| zstd -3 \\| age, 5 readers, minisign", cost)]


def pack_gpg(b, files, xml):
    options, out = gpg_options(b), b.place / "peer.gpg"
    cost = b.shell("tar -C '%s' -cf - . | zstd -3 -q --single-thread -c | gpg %s -z0 -se -o '%s'"
                   % (files, options, out), out=out)
    remove(out)
    return [("tar \\| zstd -3 \\| gpg -se, 5 readers", cost)]


def pack_nncp(b, files, xml):
    config, out = nncp_config(b), b.place / "nncp"
    cost = b.shell("nncp-file -cfg '%s' -quiet '%s' reader0:" % (config, files), out=out)
    remove(out)
    return [("nncp-file of the folder, 1 reader", cost)]


def pack_restic(b, files, xml):
    return [("restic backup of the files", seal_restic(b, files)[0][1])]


def pack_git(b, files, xml):
    folder, out = git_start(b, b.place / "git"), b.place / "peer.bundle"
    setup(b, "cp", "-r", files, folder / "data")
    cost = b.shell("git add . && git commit -q -m data && git bundle create -q '%s' main" % out,
                   out=out, cwd=folder)
    remove(folder, out)
    return [("git add, commit, bundle (not encrypted)", cost)]


def pack_keepassxc(b, files, xml):
    need("keepassxc-cli")
    out = b.place / "peer.kdbx"
    cost = b.cost("keepassxc-cli", "import", "-q", "-p", xml[0], out, text="bench\nbench\n", out=out)
    remove(out)
    return [("keepassxc-cli import", cost)]


PACK = [pack_age, pack_gpg, pack_restic, pack_git, pack_nncp, pack_keepassxc]


# ---- row 3: merge as many changes into as many records ------------------------------------------------

def merge_git(b, files, files_changed, xml):
    first, second, out = git_start(b, b.place / "git-1"), b.place / "git-2", b.place / "peer.bundle"
    setup(b, "cp", "-r", files, first / "data")
    setup(b, "git", "add", ".", cwd=first)
    setup(b, "git", "commit", "-q", "-m", "one", cwd=first)
    setup(b, "git", "clone", "-q", first, second)
    setup(b, "git", "config", "gc.auto", "0", cwd=second)
    setup(b, "cp", "-r", str(files_changed) + "/.", first / "data")
    setup(b, "git", "add", ".", cwd=first)
    setup(b, "git", "commit", "-q", "-m", "two", cwd=first)
    setup(b, "git", "bundle", "create", "-q", out, "main~1..main", cwd=first)
    cost = b.shell("git pull -q '%s' main" % out, cwd=second)
    remove(first, second, out)
    return [("git pull of a bundle (whole files, not encrypted)", cost)]


def merge_keepassxc(b, files, files_changed, xml):
    need("keepassxc-cli")
    base, other = b.place / "one.kdbx", b.place / "two.kdbx"
    for path, source in ((base, xml[0]), (other, xml[1])):
        setup(b, "keepassxc-cli", "import", "-q", "-p", source, path, text="bench\nbench\n")
    cost = b.cost("keepassxc-cli", "merge", "-q", "-s", base, other, text="bench\n")
    remove(base, other)
    return [("keepassxc-cli merge", cost)]


MERGE = [merge_git, merge_keepassxc]
