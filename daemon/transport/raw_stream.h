// For the .cpp files of this room that speak gRPC: frames as plain bytes. The stream is read without protobuf, so that
// a frame is decoded in one place, under our limits, and what does not decode is counted instead of ending the call.
#pragma once

#include <optional>

#include "crypto/bytes.h"

namespace grpc {
class ByteBuffer;
}

namespace chancery::transport {

inline constexpr const char* kDeliver = "/chancery.v1.PeerExchange/Deliver";

grpc::ByteBuffer to_buffer(const Bytes& bytes);
std::optional<Bytes> to_bytes(const grpc::ByteBuffer& buffer);

}  // namespace chancery::transport
