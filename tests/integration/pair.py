"""Two authorities that know each other, cn-example and ru-example, new for each test of a script:

SCRIPT BUILD [Class.test]
"""

import sys
import tempfile
import unittest
from pathlib import Path

import authorities


class Pair(unittest.TestCase):
    BUILD = None  # set by main

    def setUp(self):
        self.base = tempfile.TemporaryDirectory(prefix="chancery-pair-")
        self.addCleanup(self.base.cleanup)
        running = []
        self.addCleanup(lambda: [authority.kill() for authority in running])
        both = authorities.bring_up(self.base.name, ["cn-example", "ru-example"], self.BUILD, keep=running)
        self.cn, self.ru = both["cn"], both["ru"]


def main():
    Pair.BUILD = Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2, warnings="ignore")
