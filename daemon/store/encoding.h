// Lists inside one column: u32be count, then u32be length and bytes of each; and rows as text, for what the journal
// says of them. Internal to this folder.
#pragma once

#include "daemon/store/records.h"

namespace chancery::store {

Bytes encode_list(const std::vector<Bytes>& items);
Result<std::vector<Bytes>> decode_list(BytesView bytes);

// Each statement with its whole signature.
Bytes encode_statements(const std::vector<crypto::SignedStatement>& statements);
Result<std::vector<crypto::SignedStatement>> decode_statements(BytesView bytes);

// Two leaf hashes a part, one after the other.
Bytes encode_leaves(const std::vector<crypto::PartLeaves>& leaves);
Result<std::vector<crypto::PartLeaves>> decode_leaves(BytesView bytes);

// Digests one after the other.
Bytes encode_digests(const std::vector<Digest>& digests);
Result<std::vector<Digest>> decode_digests(BytesView bytes);

// Words with a space between two: categories. None is the empty text.
std::string join_words(const std::vector<std::string>& words);
std::vector<std::string> split_words(std::string_view text);

// The content of the entry that records a row is the digest of this: who changes the row without an entry is found.
std::string described(const UserRecord& user);
std::string described(const DraftRecord& draft);  // its id included
std::string described(const UseRecord& use);      // of a detached grant

}  // namespace chancery::store
