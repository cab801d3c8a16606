"""Changes to protobuf messages by chance, without knowing their schema: the tree is guessed from the bytes."""

import copy

NUMBERS = [0, 1, 2, 127, 128, 255, 256, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
LARGEST_FIELD = 15


def varint(number):
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    out.append(number)
    return bytes(out)


def read_varint(octets, at):
    number = 0
    for place in range(10):
        byte = octets[at + place]
        number |= (byte & 127) << (7 * place)
        if byte < 128:
            return number, at + place + 1
    raise IndexError


class Node:
    """One field. `content`: a number, octets, or the nodes inside."""

    def __init__(self, field, kind, content):
        self.field, self.kind, self.content = field, kind, content

    def encode(self):
        tag = varint(self.field << 3 | self.kind)
        if self.kind == 0:
            return tag + varint(self.content)
        octets = encode(self.content) if isinstance(self.content, list) else self.content
        return tag + (varint(len(octets)) if self.kind == 2 else b"") + octets


def encode(nodes):
    return b"".join(node.encode() for node in nodes)


def field(number, value):
    """A field to build a message from: a number, text, octets or a list of such fields' bytes."""
    if isinstance(value, int):
        return Node(number, 0, value).encode()
    if isinstance(value, str):
        value = value.encode()
    return Node(number, 2, b"".join(value) if isinstance(value, list) else value).encode()


def parse(octets):
    """The nodes, or None when this is no message."""
    nodes, at = [], 0
    try:
        while at < len(octets):
            tag, at = read_varint(octets, at)
            number, kind = tag >> 3, tag & 7
            if number == 0 or number > 64:
                return None
            if kind == 0:
                content, at = read_varint(octets, at)
            elif kind == 2:
                length, at = read_varint(octets, at)
                if at + length > len(octets):
                    return None
                content, at = inner(octets[at:at + length]), at + length
            else:
                return None
            nodes.append(Node(number, kind, content))
    except IndexError:
        return None
    return nodes if encode(nodes) == octets else None


def inner(octets):
    if not octets or octets[:1].isalpha() and octets.isascii() and octets.replace(b"\n", b"").decode().isprintable():
        return octets
    nodes = parse(octets)
    return octets if nodes is None else nodes


def lists_of(nodes):
    """Every list of siblings, the outermost first."""
    found = [nodes]
    for node in nodes:
        if isinstance(node.content, list):
            found += lists_of(node.content)
    return found


class Mutator:
    """Deterministic for a seed and a sequence of calls. `samples`: good messages, from which foreign parts are taken."""

    def __init__(self, random, samples):
        self.random = random
        self.trees = [tree for tree in map(parse, samples) if tree]

    def mutate(self, octets):
        tree = parse(octets)
        if tree is None or not tree or self.random.random() < 0.25:
            return self.roughly(octets)
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            self.change(tree)
        out = encode(tree)
        return self.roughly(out) if self.random.random() < 0.1 else out

    def roughly(self, octets):
        """Without regard to structure."""
        out, random = bytearray(octets), self.random
        at = random.randrange(len(out) + 1)
        how = random.randrange(5)
        if how == 0:
            del out[at:]
        elif how == 1:
            out[at:at] = random.randbytes(random.randrange(1, 20))
        elif how == 2:
            del out[at:at + random.randrange(1, 40)]
        elif how == 3:
            out[at:at] = out[at:at + random.randrange(1, 200)]
        elif out:
            out[min(at, len(out) - 1)] ^= 1 << random.randrange(8)
        return bytes(out)

    def change(self, tree):
        random = self.random
        siblings = random.choice([nodes for nodes in lists_of(tree) if nodes] or [tree])
        if not siblings:
            return
        at = random.randrange(len(siblings))
        how = random.randrange(9)
        if how == 0:
            del siblings[at]
        elif how == 1:
            siblings[at:at] = [copy.deepcopy(siblings[at])] * random.choice((1, 2, 40))
        elif how == 2:
            random.shuffle(siblings)
        elif how == 3:
            siblings[at].field = random.randrange(1, LARGEST_FIELD)
        elif how == 4:
            siblings[at].content, siblings[at].kind = self.foreign(siblings[at])
        elif how == 5:
            siblings.insert(at, Node(random.randrange(1, LARGEST_FIELD), 2, self.foreign(siblings[at])[0]))
            siblings[at].kind = 0 if isinstance(siblings[at].content, int) else 2
        else:
            self.change_content(siblings[at])

    def foreign(self, otherwise):
        """Content from anywhere in any sample: what is right there may be wrong here."""
        if not self.trees:
            return otherwise.content, otherwise.kind
        siblings = self.random.choice(lists_of(self.random.choice(self.trees)))
        if not siblings:
            return otherwise.content, otherwise.kind
        node = copy.deepcopy(self.random.choice(siblings))
        return node.content, node.kind

    def change_content(self, node):
        random = self.random
        if isinstance(node.content, int):
            near = (node.content + random.choice((-1, 1))) % 2**64
            node.content = random.choice([*NUMBERS, near, near])
            return
        octets = encode(node.content) if isinstance(node.content, list) else node.content
        how = random.randrange(5)
        if how == 0:
            octets = b""
        elif how == 1:
            octets = random.randbytes(random.choice((1, 31, 32, 33, 64, 600)))
        elif how == 2:
            octets = octets * random.choice((2, 3, 17))
        else:
            octets = self.roughly(octets)
        node.content = octets
