// One statement of every kind, with every optional part in it somewhere: the worked example of proto/README.md, and
// what the tests of the parsers mutate. Digests that stand for bytes outside the example are SHA-256 of a word.
#pragma once

#include "daemon/core/designation.h"
#include "daemon/core/dispatch.h"
#include "daemon/core/handling.h"
#include "daemon/core/journal_entry.h"
#include "daemon/core/message.h"
#include "daemon/core/permit.h"
#include "daemon/core/receipt.h"

namespace chancery::core {

Digest digest_of(std::string_view word);
MessageId id_of(const Message& message);

Message sample_message();  // every kind of line, none empty that need not be
std::vector<Digest> sample_part_digests();
Message sample_notice();  // as short as a threat notice gets
Receipt sample_receipt();
Receipt sample_refusal();
Dispatch sample_dispatch();
Dispatch sample_void();
Dispatch sample_restored();
Designation sample_designation();
SealKey sample_seal_key();
Permit sample_permit();
Handling sample_handling();
JournalEntry sample_entry();

}  // namespace chancery::core
