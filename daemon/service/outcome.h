// How services answer: with what was asked for, or with a refusal; an Error means we could not find out.
#pragma once

#include <variant>

#include "daemon/core/release.h"
#include "daemon/service/exchange.h"

namespace chancery::service {

template <class T>
using Outcome = Result<std::variant<T, Refused>>;

// What services tell the lanes to peers, and ask them. In the daemon each goes to Exchange; thread-safe.
struct Lanes {
  std::function<void(const std::string& peer)> wake;
  std::function<void()> peers_changed;
  std::function<LaneStatus(const std::string& peer)> status;
  std::function<std::uint64_t()> rejected;
  std::function<void(const std::string& provider, const core::PermitRequest& request)> ask_permit = {};
};

Refused refused(core::ReasonCode code, std::string subject = {});

// What a caller wrote and can repair, as a refusal: malformed (the field is the subject), not_found and conflict (the
// name of a message). Every other error stays an error.
Result<Refused> as_refusal(const Error& error);

// Why an act fails for now, when that is it: the disk is full, or nothing is signed.
std::optional<core::ReasonCode> why_not_now(const Node& node, const Error& error);

// What both sides of every decision look at; keep its pointers alive while using it.
struct Scene {
  std::shared_ptr<const core::AgreementBook> book;
  std::shared_ptr<const core::Directory> directory;
  std::shared_ptr<const core::JointActBook> joint_acts;
  std::string self;
  Instant now;
  crypto::Suite suite = crypto::Suite::p256;
  [[nodiscard]] core::World world() const { return {*book, *directory, *joint_acts, self, now, suite}; }
};
// As of the last commit.
Scene scene(const Node& node);

}  // namespace chancery::service
