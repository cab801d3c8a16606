// What every service of this authority works with. References outlive all services.
#pragma once

#include <functional>
#include <memory>

#include "daemon/core/quotation.h"
#include "daemon/core/world.h"
#include "daemon/store/queries.h"

namespace chancery::service {

// Who this daemon speaks for.
struct Identity {
  std::string authority;      // "cn-example"
  std::string party;          // "CN"
  std::string number_series;  // "CN"
  std::string label_policy;   // own policy
  Digest sign_certificate;    // key id of the signing certificate
};

// One line of the log: ids, codes and peers only, never text of messages.
enum class LogLevel { error, warning, info, debug };
using Log = std::function<void(LogLevel, const std::string& event, const std::string& detail)>;

struct Node {
  const Identity& identity;
  store::Store& store;
  std::function<std::shared_ptr<const core::AgreementBook>()> agreements;  // the book in force now
  const Clock& clock;
  crypto::RandomSource& random;
  const crypto::SecretBytes& storage_key;  // content keys and drafts at rest
  Log log;
};

// What an act on the writer's thread decides in. `book` must outlive it.
core::World world_of(const Node& node, const core::AgreementBook& book, const store::Transaction& tx);

// Either what was asked for, or a refusal with the agreement it cites.
struct Refused {
  core::Decision decision;
  std::string agreement;
  std::vector<core::Passage> passages = {};  // of quoted texts, for who may see them
};

}  // namespace chancery::service
