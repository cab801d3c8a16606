"""G9, the journal only grows: held against every checkpoint a test has seen, by proofs of other code than the daemon's."""

import base64
import re
import subprocess

import opened_store
import rfc6962
from fault_trial import Broken

PAIRS = 200  # random pairs of sizes, and as many proofs that an entry is in a tree


class Seen:
    """The checkpoints of one authority, as its daemon wrote them."""

    def __init__(self, authority):
        self.authority, self.notes = authority, {}

    def look(self):
        """Takes what is there now."""
        for note in notes_of(self.authority):
            size, root = parts_of(note)
            if size == 0:  # nothing was promised
                continue
            known = self.notes.setdefault(size, (root, note))
            if known[0] != root:
                raise Broken(f"{self.authority.name}: two checkpoints of {size} entries")

    def check(self, scratch, chance, pairs=PAIRS):
        """Of a store that is closed: returns how many proofs were verified. Every checkpoint is signed by the key of the
        journal, each is consistent with the one before and the last with the entries that are there."""
        self.look()
        tree = rfc6962.Tree(journal(self.authority, scratch))
        sizes = sorted(self.notes)
        if sizes[-1] > len(tree.leaves):
            raise Broken(f"{self.authority.name}: checkpoint of {sizes[-1]} entries, journal of {len(tree.leaves)}")
        roots = {size: self.notes[size][0] for size in sizes}
        key = public_key(self.authority, scratch)
        for size in sizes:
            self.check_signature(self.notes[size][1], key, scratch)
        for first, second in zip(sizes, sizes[1:]):
            self.must(rfc6962.verify_consistency(first, second, tree.consistency(first, second), roots[first],
                                                 roots[second]), f"{second} is no continuation of {first}")
        self.must(tree.root(sizes[-1]) == roots[sizes[-1]], "the last checkpoint is of another journal")
        for _ in range(pairs):
            first, second = sorted((chance.choice(sizes), chance.choice(sizes)))
            self.must(rfc6962.verify_consistency(first, second, tree.consistency(first, second), roots[first],
                                                 roots[second]), f"{second} is no continuation of {first}")
            index = chance.randrange(second)
            self.must(rfc6962.verify_inclusion(tree.leaves[index], index, second, tree.inclusion(index, second),
                                               roots[second]), f"entry {index} is not in the tree of {second}")
        return len(sizes) - 1 + 2 * pairs

    def must(self, holds, otherwise):
        if not holds:
            raise Broken(f"{self.authority.name}: checkpoints: {otherwise}")

    def check_signature(self, note, key, scratch):
        text, signature = scratch / "note", scratch / "note.sig"
        text.write_text(note[:note.index("\n\n") + 1], encoding="utf-8")
        signature.write_bytes(base64.b64decode(note.splitlines()[-1].split(" ")[2])[4:])
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", text, "-sigfile",
                               signature], capture_output=True, check=False)
        self.must(done.returncode == 0, f"a signature does not hold\n{note}")


def notes_of(authority):
    """In the file of the last checkpoint, however many it holds; read until nobody writes it meanwhile."""
    settings = (authority.directory / "daemon.toml").read_text(encoding="utf-8")
    named = re.search(r'^checkpoint_file = "(.*)"$', settings, re.MULTILINE)
    file = authority.directory / (named.group(1) if named else "state/checkpoint")
    before, now = None, file.read_bytes() if file.exists() else b""
    while now != before:
        before, now = now, file.read_bytes() if file.exists() else b""
    return [note.decode() for note in now.split(b"\0") if note]


def parts_of(note):
    """Size and root; c2sp.org/tlog-checkpoint."""
    _, size, root = note.splitlines()[:3]
    return int(size), base64.b64decode(root)


def public_key(authority, scratch):
    key = scratch / "log.pem"
    subprocess.run(["openssl", "pkey", "-in", authority.directory / "keys/log.key", "-pubout", "-out", key], check=True)
    return key


def journal(authority, scratch):
    """Leaf hashes of all entries, in order."""
    entries = query(authority, scratch, "SELECT id, entry FROM journal ORDER BY id")
    if [number for number, _ in entries] != list(range(len(entries))):
        raise Broken(f"{authority.name}: the journal has a gap")
    return [rfc6962.leaf_hash(entry) for _, entry in entries]


def query(authority, scratch, text, *values):
    """Rows of a store that is closed, read by Python's own SQLite."""
    return opened_store.rows(authority.directory / "state", opened_store.key_of(authority.directory), scratch / "plain",
                             text, *values)
