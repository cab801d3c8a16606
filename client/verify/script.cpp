#include "client/verify/script.h"

namespace chancery::client::verify {

const std::string_view kVerifyScript = R"sh(#!/bin/sh
# Verifies the evidence in this folder with openssl, sha256sum and coreutils alone.
#
#   statement.txt    the exact bytes that were signed for
#   batch.txt        the batch they stand in: a Merkle root over up to 256 statements (RFC 9162)
#   path.txt         the place in the batch: its index, then the hashes on the way to the root
#   signature.p7m    CMS/CAdES signature over the batch; of suite ed25519, which `openssl cms` verifies from 3.5 on only,
#                    the signed attributes are written anew from the batch and verified by `openssl pkeyutl`
#   certificate.pem  of the key that signed; anchor.pem: of who designated that key
#   marking.txt      how the label is written for readers, and where this was exported; not signed: what is signed is the
#                    label in the statement
#   designation.*    the anchor's own statement which keys speak for the authority; absent where statement.txt is one
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
der() { openssl x509 -in "$1" -outform DER -out "$2" 2>"$work/openssl" || bad "$1: not a certificate"; }
digest() { sha256sum | cut -d ' ' -f 1; }
leaf() { { printf '\000'; cat "$1"; } | digest; }
node() { { printf '\001'; bytes "$1"; bytes "$2"; } | digest; }
line() { sed -n "s/^$2 //p" "$1"; }

# Times as digits, so that they can be compared: 2026-11-22T06:00:03.125Z is 20261122060003125.
moment() {
  printf '%s' "$1" | grep -Eqx '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z' || return 1
  printf '%s' "$1" | tr -dc 0-9
}
before() { one=$(moment "$1") && other=$(moment "$2") && [ "$one" -lt "$other" ]; }
not_after() { one=$(moment "$1") && other=$(moment "$2") && [ "$one" -le "$other" ]; }

# Who speaks in a statement; fails when there is no such kind.
author() {
  case $(head -n 1 "$1") in
    chancery/message/v1) line "$1" originator ;;
    chancery/receipt/v1) line "$1" receiver ;;
    chancery/dispatch/v1) line "$1" sender ;;
    chancery/designation/v1 | chancery/seal-key/v1 | chancery/handling/v1) line "$1" authority ;;
    chancery/permit/v1) line "$1" provider ;;
    *) return 1 ;;
  esac
}

# Only digits reach arithmetic: some shells run what else stands there.
number() {
  case $1 in
    '' | *[!0-9]* | 0?* | ?????*) return 1 ;;
  esac
}

# root STATEMENT PATH SIZE: the root that this statement leads to; fails when the path does not fit the size.
root() {
  hash=$(leaf "$1")
  index=$(head -n 1 "$2")
  size=$3
  number "$index" && number "$size" || return 1
  for beside in $(tail -n +2 "$2"); do
    if [ $((index % 2)) -eq 1 ]; then hash=$(node "$beside" "$hash"); else hash=$(node "$hash" "$beside"); fi
    index=$((index / 2))
    size=$((size / 2))
  done
  [ "$index" -eq 0 ] && [ "$size" -eq 1 ] && printf '%s' "$hash"
}

# algorithm CERTIFICATE NAME: whether its key is of this algorithm.
algorithm() { openssl x509 -in "$1" -noout -text | grep -q "^ *Public Key Algorithm: $2\$"; }

# by_cms SIGNATURE BATCH CERTIFICATE TIME
by_cms() {
  algorithm "$3" id-ecPublicKey || bad "$3: not of the suite of $2"
  openssl cms -verify -cades -binary -inform DER -in "$1" -CAfile anchor.pem -purpose any -attime "$4" \
    -signer "$work/signer.pem" -out "$work/batch" 2>"$work/openssl" || bad "$1: $(cat "$work/openssl")"
  cmp -s "$work/batch" "$2" || bad "$2 is not what was signed"
  openssl x509 -in "$work/signer.pem" -outform DER -out "$work/signer.der"
  cmp -s "$work/signer.der" "$work/named.der" || bad "$3 did not sign $1"
}

# by_attributes SIGNATURE BATCH CERTIFICATE TIME: as RFC 8419 has it. Of the container only the time of signing and the
# signature, its last 64 bytes, are taken and proven. Signed is the DER SET of
# signing-time, content-type, signing-certificate-v2 and message-digest, in the order of DER.
by_attributes() {
  algorithm "$3" ED25519 || bad "$3: not of the suite of $2"
  openssl verify -CAfile anchor.pem -purpose any -attime "$4" "$3" >"$work/openssl" 2>&1 || bad "$3: $(cat "$work/openssl")"
  time=$(openssl asn1parse -inform DER -in "$1" 2>"$work/openssl" | sed -n '/:signingTime$/{n;n;s/.*UTCTIME *://p;q;}')
  printf '%s' "$time" | grep -Eqx '[0-9]{12}Z' || bad "$1: no time of signing"
  {
    bytes 3181CD301C06092A864886F70D010905310F170D
    printf '%s' "$time"
    bytes 302306092A864886F70D010903311606146981F4C08DC2D9A2CABA8D8A999EAED99792AF37
    bytes 3037060B2A864886F70D010910022F31283026302430220420
    bytes "$(digest <"$work/named.der")"
    bytes 304F06092A864886F70D01090431420440
    bytes "$(sha512sum <"$2" | cut -d ' ' -f 1)"
  } >"$work/attributes"
  tail -c 64 "$1" >"$work/signature"
  openssl x509 -in "$3" -noout -pubkey >"$work/key.pem"
  openssl pkeyutl -verify -rawin -pubin -inkey "$work/key.pem" -in "$work/attributes" -sigfile "$work/signature" \
    >"$work/openssl" 2>&1 || bad "$1: $(cat "$work/openssl")"
}

# check SIGNATURE BATCH STATEMENT PATH CERTIFICATE
check() {
  # Judged at the time of signing, which the signer states and the batch repeats.
  at=$(date -u -d "$(line "$2" created)" +%s) || bad "$2: no time of signing"
  der "$5" "$work/named.der"
  case $(line "$2" suite) in
    p256) by_cms "$1" "$2" "$5" "$at" ;;
    ed25519) by_attributes "$1" "$2" "$5" "$at" ;;
    *) bad "$2: of a suite that is not known here" ;;
  esac
  echo "good  $1: signature over $2"
  found=$(root "$3" "$4" "$(line "$2" size)") || bad "$4 does not lead to a root"
  [ "$(bytes "$found" | base64 -w 0)" = "$(line "$2" root)" ] || bad "$3 is not in the batch"
  echo "good  $3: in the signed batch"
  signer=$(line "$2" signer)
  speaks=$(author "$3") || bad "$3: not a kind of statement that is known here"
  [ "by $speaks" = "by ${signer:-nobody}" ] || bad "$3: speaks for $speaks, but $signer signed it"
}

# designated CERTIFICATE BATCH: whether the key was its signer's when it signed. The dates of the key decide, so a
# designation may be younger than the signature.
designated() {
  [ "$(head -n 1 designation.txt)" = chancery/designation/v1 ] || bad "designation.txt: not a designation"
  [ "$(line designation.txt authority)" = "$(line "$2" signer)" ] || bad "the signer is not who is designated"
  created=$(line "$2" created)
  valid_to=$(line designation.txt valid-to)
  before "$created" "$valid_to" || bad "designation.txt: ended $valid_to, signed $created"
  key=$(openssl x509 -in "$1" -outform DER | digest)
  entry=$(grep "^key sign $(line "$2" suite) sha256:$key " designation.txt) || bad "$1: not a key of the designation"
  set -f
  # key sign <suite> sha256:<id> <from> <to> <state> <since>
  # shellcheck disable=SC2086 # the words of one line
  set -- "$1" $entry
  [ $# -eq 9 ] || bad "$1: its line in the designation is not one key"
  not_after "$6" "$created" || bad "$1: designated from $6 only, signed $created"
  before "$created" "$7" || bad "$1: designated to $7, signed $created"
  case "$8 $9" in
    "active -" | "retired -") ;;
    compromised\ *)
      before "$created" "$9" || bad "$1: compromised since $9, signed $created"
      echo "note  $1: compromised since $9; that it signed before is the signer's own word"
      ;;
    *) bad "$1: its line in the designation is not one key" ;;
  esac
  echo "good  $1: designated for $(line designation.txt authority)"
}

der anchor.pem "$work/anchor.der"
check signature.p7m batch.txt statement.txt path.txt certificate.pem
if [ "$(head -n 1 statement.txt)" = chancery/designation/v1 ]; then
  cmp -s "$work/named.der" "$work/anchor.der" || bad "statement.txt: a designation that the anchor did not sign"
elif [ -e designation.txt ]; then
  check designation.p7m designation-batch.txt designation.txt designation-path.txt anchor.pem
  designated certificate.pem batch.txt
else
  bad "no designation: nothing says that certificate.pem speaks for $(line batch.txt signer)"
fi
echo
echo "signed by  $(line batch.txt signer) at $(line batch.txt created)"
echo "anchor     sha256:$(openssl x509 -in anchor.pem -outform DER | digest)"
echo "           compare it with the one you know; everything above rests on it"
echo "statement  $(head -n 1 statement.txt)"
)sh";

}  // namespace chancery::client::verify
