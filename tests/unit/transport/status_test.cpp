#include "daemon/transport/status.h"

#include <grpcpp/support/status_code_enum.h>
#include <gtest/gtest.h>

#include <set>

namespace chancery::transport {
namespace {

struct Row {
  Errc code;
  grpc::StatusCode status;
};

// Written by hand from the list of errors and their gRPC codes.
const Row kTable[] = {
    {Errc::malformed, grpc::StatusCode::INVALID_ARGUMENT},  {Errc::unauthenticated, grpc::StatusCode::UNAUTHENTICATED},
    {Errc::forbidden, grpc::StatusCode::PERMISSION_DENIED}, {Errc::not_found, grpc::StatusCode::NOT_FOUND},
    {Errc::conflict, grpc::StatusCode::ALREADY_EXISTS},     {Errc::stale, grpc::StatusCode::FAILED_PRECONDITION},
    {Errc::busy, grpc::StatusCode::RESOURCE_EXHAUSTED},     {Errc::unavailable, grpc::StatusCode::UNAVAILABLE},
    {Errc::corrupt, grpc::StatusCode::DATA_LOSS},           {Errc::internal, grpc::StatusCode::INTERNAL},
};

TEST(Status, EveryErrorHasTheCodeOfTheTable) {
  for (const auto& row : kTable) EXPECT_EQ(grpc_code(row.code), row.status) << to_string(row.code);
}

TEST(Status, NoTwoErrorsShareACodeOrASentence) {
  std::set<int> codes;
  std::set<std::string> sentences;
  for (const auto& row : kTable) {
    codes.insert(grpc_code(row.code));
    sentences.insert(sentence(row.code));
  }
  EXPECT_EQ(codes.size(), std::size(kTable));
  EXPECT_EQ(sentences.size(), std::size(kTable));
}

}  // namespace
}  // namespace chancery::transport
