#include "daemon/transport/raw_stream.h"

#include <grpcpp/support/byte_buffer.h>

namespace chancery::transport {

grpc::ByteBuffer to_buffer(const Bytes& bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

std::optional<Bytes> to_bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return std::nullopt;
  Bytes bytes;
  bytes.reserve(buffer.Length());
  for (const auto& slice : slices) bytes.insert(bytes.end(), slice.begin(), slice.end());
  return bytes;
}

}  // namespace chancery::transport
