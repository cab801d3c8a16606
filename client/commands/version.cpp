#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>

#include "client/commands/commands.h"

namespace chancery::client::commands {

Outcome<int> version(Session& session) {
  const auto grpc_version = grpc::Version();
  if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "version", CHANCERY_VERSION);
    set_text(data, "grpc", grpc_version);
    set_text(data, "protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION));
    return session.print_json("Version", data);
  }
  if (session.format() == Format::id) return session.print(CHANCERY_VERSION "\n");
  return session.print("chancery " CHANCERY_VERSION "\n");
}

}  // namespace chancery::client::commands
