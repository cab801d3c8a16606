"""Trees of RFC 6962 (RFC 9162 section 2.1) from the words of the RFC: leaves to roots and proofs, and the verification of
proofs. Shares no code with the daemon; `rfc6962.py VECTORS` checks itself against published vectors."""

import hashlib
import sys
from pathlib import Path


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """Over leaf hashes; what is asked of prefixes of it is remembered by whole subtrees."""

    def __init__(self, leaves):
        self.leaves, self.whole = leaves, {}

    def root(self, size):
        return self.part(0, size) if size else hashlib.sha256().digest()

    def part(self, start, end):
        if end - start == 1:
            return self.leaves[start]
        known = self.whole.get((start, end))
        if known is None:
            middle = start + split(end - start)
            known = node_hash(self.part(start, middle), self.part(middle, end))
            if (end - start) & (end - start - 1) == 0:
                self.whole[start, end] = known
        return known

    def inclusion(self, index, size):
        """PATH(m, D_n), section 2.1.3.1."""
        return self.path(index, 0, size)

    def path(self, index, start, end):
        if end - start == 1:
            return []
        middle = start + split(end - start)
        if index < middle:
            return self.path(index, start, middle) + [self.part(middle, end)]
        return self.path(index, middle, end) + [self.part(start, middle)]

    def consistency(self, first, second):
        """PROOF(m, D_n), section 2.1.4.1."""
        return self.subproof(first, 0, second, True) if 0 < first < second else []

    def subproof(self, first, start, end, known):
        if first == end - start:
            return [] if known else [self.part(start, end)]
        middle = start + split(end - start)
        if start + first <= middle:
            return self.subproof(first, start, middle, known) + [self.part(middle, end)]
        return self.subproof(first - (middle - start), middle, end, False) + [self.part(start, middle)]


def split(size):
    """The largest power of two below it."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf, index, size, path, root):
    """Section 2.1.3.2."""
    if index >= size or len(leaf) != 32:
        return False
    node, last, current = index, size - 1, leaf
    for hashed in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = node_hash(hashed, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, hashed)
        node, last = node >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(first, second, proof, first_root, second_root):
    """Section 2.1.4.2; of two equal sizes the proof is empty."""
    if first == second:
        return first > 0 and not proof and first_root == second_root
    if not 0 < first < second or not proof:
        return False
    if first & (first - 1) == 0:
        proof = [first_root, *proof]
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for hashed in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(hashed, old), node_hash(hashed, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, hashed)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def rows(file):
    for line in file.read_text(encoding="utf-8").splitlines():
        name, first, second, one, other, proof, verdict = line.split("\t")
        hashes = [] if proof == "-" else [unhex(word) for word in proof.split(",")]
        yield name, int(first), int(second), unhex(one), unhex(other), hashes, verdict == "0"


def unhex(word):
    return b"" if word in ("-", "EMPTY") else bytes.fromhex(word)


def main():
    vectors = Path(sys.argv[1])
    wrong, valid, invalid = [], 0, 0
    for name, index, size, root, leaf, path, good in rows(vectors / "rfc6962_inclusion.tsv"):
        valid, invalid = valid + good, invalid + (not good)
        wrong += [name] if verify_inclusion(leaf, index, size, path, root) != good else []
    for name, first, second, one, other, proof, good in rows(vectors / "rfc6962_consistency.tsv"):
        valid, invalid = valid + good, invalid + (not good)
        wrong += [name] if verify_consistency(first, second, proof, one, other) != good else []
    tree = Tree([leaf_hash(bytes([number])) for number in range(70)])
    for second in range(1, 71):
        root = tree.root(second)
        for first in range(1, second + 1):
            if not verify_consistency(first, second, tree.consistency(first, second), tree.root(first), root):
                wrong.append(f"consistency {first} {second}")
            if not verify_inclusion(tree.leaves[first - 1], first - 1, second, tree.inclusion(first - 1, second), root):
                wrong.append(f"inclusion {first - 1} {second}")
    print(f"{valid} valid and {invalid} invalid vectors, own proofs of all trees up to 70; wrong: {wrong or 'none'}")
    return 1 if wrong or valid < 10 or invalid < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
