// What this authority knows of consents, read from the statements it holds (protocol section 8).
#pragma once

#include "daemon/core/consent.h"
#include "daemon/service/held_sources.h"
#include "daemon/store/queries.h"

namespace chancery::service {

// What persons said of consent about a message, from a transaction or a reader: of grants and revocations no report of
// a daemon tells, however many there are.
using StatementsAbout = std::function<Result<std::vector<store::MessageRow>>(const core::MessageId&)>;
StatementsAbout statements_about(store::Store& store);
StatementsAbout statements_about(store::Transaction& tx);

// What the rules have to look at beside the sources of a message of a consent kind: the original, grant and request its
// facts name.
std::vector<core::MessageId> named_by_facts(const std::vector<core::Fact>& facts);

// Says in the record what a statement of consent is about, so that it is found, and what is one of a joint act; nothing
// for other kinds.
void file_statement(const core::Message& message, store::MessageRecord& record);

// Grants about everything protected that the message passes on, or asks for permission to, and which of them their
// providers have revoked. `shown`: grants that came with it.
Result<core::Consents> consents_for(const core::Directory& directory, const core::Message& message,
                                    const core::SourceLookup& sources, const StatementsAbout& about,
                                    std::vector<core::Grant> shown = {});

// Whether who answered for its provider has revoked it, as far as known here.
Result<bool> is_revoked(const core::Directory& directory, const core::Grant& grant, const StatementsAbout& about);

}  // namespace chancery::service
