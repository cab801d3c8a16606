// Lists inside one column: u32be count, then u32be length and bytes of each. Internal to this folder.
#pragma once

#include "crypto/batch.h"

namespace chancery::store {

Bytes encode_list(const std::vector<Bytes>& items);
Result<std::vector<Bytes>> decode_list(BytesView bytes);

// Each statement with its whole signature.
Bytes encode_statements(const std::vector<crypto::SignedStatement>& statements);
Result<std::vector<crypto::SignedStatement>> decode_statements(BytesView bytes);

// Digests one after the other.
Bytes encode_digests(const std::vector<Digest>& digests);
Result<std::vector<Digest>> decode_digests(BytesView bytes);

}  // namespace chancery::store
