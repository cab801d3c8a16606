// Signed statements of the protocol's messages as the crypto room knows them.
#pragma once

#include "chancery/v1/frame.pb.h"
#include "crypto/batch.h"

namespace chancery::client {

// Errors: malformed.
Result<crypto::SignedStatement> to_signed_statement(const std::string& statement, const v1::SignatureBlock& block,
                                                    std::uint32_t leaf, const std::string& path);
void to_proto(const crypto::BatchSignature& signature, v1::SignatureBlock& block);
// 32 bytes a hash.
std::string path_bytes(const crypto::Path& path);

}  // namespace chancery::client
