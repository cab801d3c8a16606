#!/usr/bin/python3
"""The layering check can fail: each wrong include, planted alone in a small tree, is found; right ones are not."""

import tempfile
import unittest
from pathlib import Path

import layering

TREE = (
    "crypto/digest.h crypto/signing.h daemon/core/label.h daemon/store/writer.h daemon/service/submit.h "
    "daemon/wire/convert.h daemon/transport/desk.h daemon/daemon.h client/print.h client/verify/bundle.h "
    "tests/support/clock.h"
).split()

RIGHT = [
    ("crypto/digest.cpp", "<openssl/evp.h>"),
    ("crypto/openssl.h", "<openssl/evp.h>"),
    ("daemon/core/label.cpp", '"crypto/digest.h"'),
    ("daemon/core/label.cpp", "<vector>"),
    ("daemon/wire/convert.cpp", '"chancery/v1/frame.pb.h"'),
    ("daemon/store/writer.cpp", "<sqlcipher/sqlite3.h>"),
    ("daemon/service/submit.cpp", '"daemon/store/writer.h"'),
    ("daemon/transport/desk.cpp", '"chancery/v1/desk.grpc.pb.h"'),
    ("daemon/main.cpp", '"daemon/daemon.h"'),
    ("daemon/daemon.cpp", '"daemon/transport/desk.h"'),
    ("client/print.cpp", "<CLI/CLI.hpp>"),
    ("client/print.cpp", '"client/verify/bundle.h"'),
    ("tests/unit/core/label_test.cpp", '"tests/support/clock.h"'),
]

WRONG = [
    ("crypto/digest.cpp", '"daemon/core/label.h"'),
    ("crypto/digest.h", "<openssl/evp.h>"),
    ("crypto/digest.cpp", "<boost/asio.hpp>"),
    ("daemon/core/label.cpp", '"crypto/signing.h"'),
    ("daemon/core/label.cpp", '"chancery/v1/frame.pb.h"'),
    ("daemon/core/label.cpp", '"daemon/store/writer.h"'),
    ("daemon/core/label.cpp", "<unistd.h>"),
    ("daemon/core/label.cpp", '"label.h"'),
    ("daemon/core/label.cpp", '"../core/label.h"'),
    ("daemon/wire/convert.cpp", '"chancery/v1/desk.grpc.pb.h"'),
    ("daemon/wire/convert.cpp", '"daemon/service/submit.h"'),
    ("daemon/wire/convert.cpp", "<grpcpp/grpcpp.h>"),
    ("daemon/store/writer.cpp", '"daemon/wire/convert.h"'),
    ("daemon/store/writer.h", "<sqlite3.h>"),
    ("daemon/service/submit.cpp", "<grpcpp/grpcpp.h>"),
    ("daemon/service/submit.cpp", '"daemon/transport/desk.h"'),
    ("daemon/service/submit.cpp", '"chancery/v1/frame.pb.h"'),
    ("daemon/transport/desk.cpp", '"daemon/store/writer.h"'),
    ("daemon/transport/desk.cpp", '"daemon/daemon.h"'),
    ("daemon/main.cpp", '"client/print.h"'),
    ("daemon/main.cpp", '"tests/support/clock.h"'),
    ("client/print.cpp", '"daemon/store/writer.h"'),
    ("client/print.cpp", "  <sqlite3.h>"),
    ("client/verify/bundle.cpp", "<grpcpp/grpcpp.h>"),
    ("client/verify/bundle.cpp", '"client/print.h"'),
    ("client/verify/bundle.cpp", '"chancery/v1/frame.pb.h"'),
    ("tools/helper.cpp", "<vector>"),
]


def faults_after_planting(file, header):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in TREE + [file]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        (root / file).write_text(f"// A comment.\n#include {header}\n", encoding="utf-8")
        return list(layering.faults(root))


class Layering(unittest.TestCase):
    def test_allows_what_the_table_allows(self):
        for file, header in RIGHT:
            with self.subTest(file=file, header=header):
                self.assertEqual(faults_after_planting(file, header), [])

    def test_finds_each_wrong_include_with_its_file(self):
        for file, header in WRONG:
            with self.subTest(file=file, header=header):
                found = faults_after_planting(file, header)
                self.assertEqual(len(found), 1)
                self.assertTrue(found[0].startswith(file + ":"), found)


if __name__ == "__main__":
    unittest.main()
