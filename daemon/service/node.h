// What every service of this authority works with. References outlive all services.
#pragma once

#include <functional>
#include <memory>

#include "daemon/core/quotation.h"
#include "daemon/core/standing.h"
#include "daemon/core/world.h"
#include "daemon/service/log.h"
#include "daemon/store/queries.h"

namespace chancery::service {

// Who this daemon speaks for.
struct Identity {
  std::string authority;                      // "cn-example"
  std::string party;                          // "CN"
  std::string number_series;                  // "CN"
  std::string label_policy;                   // own policy
  Digest sign_certificate;                    // key id of the signing certificate
  crypto::Suite suite = crypto::Suite::p256;  // of that certificate's key, and of the seal keys that are issued
};

struct Node {
  const Identity& identity;
  store::Store& store;
  std::function<std::shared_ptr<const core::AgreementBook>()> agreements;  // the book in force now
  const Clock& clock;
  crypto::RandomSource& random;
  const crypto::SecretBytes& storage_key;  // content keys and drafts at rest
  Log log;
  // How long a revocation list may be out of date before nothing is exchanged with whom it concerns; nothing: lists are
  // not asked for.
  std::optional<Duration> revocation_grace = {};
};

// Why nothing is exchanged with this peer now (core/standing.h).
std::optional<core::ReasonCode> why_parked(const Node& node, const std::string& peer);

// What an act on the writer's thread decides in. `book` must outlive it.
core::World world_of(const Node& node, const core::AgreementBook& book, const store::Transaction& tx);

// Either what was asked for, or a refusal with the agreement it cites.
struct Refused {
  core::Decision decision;
  std::string agreement;
  std::vector<core::Passage> passages = {};  // of quoted texts, for who may see them
};

}  // namespace chancery::service
