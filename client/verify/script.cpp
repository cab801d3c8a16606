#include "client/verify/script.h"

namespace chancery::client::verify {

const std::string_view kVerifyScript = R"sh(#!/bin/sh
# Verifies the evidence in this folder with openssl, sha256sum and coreutils alone.
#
#   statement.txt    the exact bytes that were signed for
#   batch.txt        the batch they stand in: a Merkle root over up to 256 statements (RFC 9162)
#   path.txt         the place in the batch: its index, then the hashes on the way to the root
#   signature.p7m    CMS/CAdES signature over the batch
#   certificate.pem  of the key that signed; anchor.pem: of who designated that key
#   designation.*    where present: the anchor's own statement which keys speak for the authority
#
# Exit code 0 when everything holds, 8 when something does not.
set -eu
export LC_ALL=C
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bad() {
  echo "BAD   $1"
  exit 8
}

# Hexadecimal text to bytes.
bytes() { printf '%s' "$1" | tr a-f A-F | basenc --base16 -d; }
digest() { sha256sum | cut -d ' ' -f 1; }
leaf() { { printf '\000'; cat "$1"; } | digest; }
node() { { printf '\001'; bytes "$1"; bytes "$2"; } | digest; }
line() { sed -n "s/^$2 //p" "$1"; }

# root STATEMENT PATH SIZE: the root that this statement leads to; fails when the path does not fit the size.
root() {
  hash=$(leaf "$1")
  index=$(head -n 1 "$2")
  size=$3
  for beside in $(tail -n +2 "$2"); do
    if [ $((index % 2)) -eq 1 ]; then hash=$(node "$beside" "$hash"); else hash=$(node "$hash" "$beside"); fi
    index=$((index / 2))
    size=$((size / 2))
  done
  [ "$index" -eq 0 ] && [ "$size" -eq 1 ] && printf '%s' "$hash"
}

# check SIGNATURE BATCH STATEMENT PATH CERTIFICATE
check() {
  # Judged at the time of signing, which the signer states and the batch repeats.
  at=$(date -u -d "$(line "$2" created)" +%s)
  openssl cms -verify -cades -binary -inform DER -in "$1" -CAfile anchor.pem -purpose any -attime "$at" \
    -signer "$work/signer.pem" -out "$work/batch" 2>"$work/openssl" || bad "$1: $(cat "$work/openssl")"
  cmp -s "$work/batch" "$2" || bad "$2 is not what was signed"
  openssl x509 -in "$work/signer.pem" -outform DER -out "$work/signer.der"
  openssl x509 -in "$5" -outform DER -out "$work/named.der"
  cmp -s "$work/signer.der" "$work/named.der" || bad "$5 did not sign $1"
  echo "good  $1: signature over $2"
  found=$(root "$3" "$4" "$(line "$2" size)") || bad "$4 does not lead to a root"
  [ "$(bytes "$found" | base64 -w 0)" = "$(line "$2" root)" ] || bad "$3 is not in the batch"
  echo "good  $3: in the signed batch"
}

check signature.p7m batch.txt statement.txt path.txt certificate.pem
if [ -e designation.txt ]; then
  check designation.p7m designation-batch.txt designation.txt designation-path.txt anchor.pem
  key=$(openssl x509 -in certificate.pem -outform DER | digest)
  grep -q "^key sign p256 sha256:$key " designation.txt || bad "certificate.pem: not a key of the designation"
  [ "$(line designation.txt authority)" = "$(line batch.txt signer)" ] || bad "the signer is not who is designated"
  echo "good  certificate.pem: designated for $(line designation.txt authority)"
fi
echo
echo "signed by  $(line batch.txt signer) at $(line batch.txt created)"
echo "anchor     sha256:$(openssl x509 -in anchor.pem -outform DER | digest)"
echo "           compare it with the one you know; everything above rests on it"
echo "statement  $(head -n 1 statement.txt)"
)sh";

}  // namespace chancery::client::verify
