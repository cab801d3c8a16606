#include "client/lookup.h"

#include "client/connection.h"
#include "client/refusal.h"

namespace chancery::client {

Outcome<v1::MessageView> find_message(Session& session, const std::string& name) {
  auto& desk = *TRY(session.desk());
  for (const auto box : {v1::BOX_INBOX, v1::BOX_OUTBOX}) {
    v1::ListRequest request;
    request.set_box(box);
    request.set_message(name);
    const auto response = desk.call(&v1::Desk::Stub::List, request);
    if (response && response->messages_size() > 0) return response->messages(0);
    if (!response && response.error().exit_code() != kNotFound) return tl::unexpected(response.error());
  }
  return fault("E-NOT-FOUND", {{"subject", name}});
}

namespace {

// The whole id, or the first digits people see of it.
bool has_digits(const std::string& id, const std::string& name) {
  constexpr std::size_t kFirst = 12;
  constexpr std::size_t kFewest = 4;
  return name == id || (name.size() >= kFewest && id.size() > kFirst && id.compare(kFirst, name.size(), name) == 0);
}

}  // namespace

bool is_called(const v1::ConsentView& consent, const std::string& name) {
  if (name.empty()) return false;
  return name == consent.number() || name == consent.their_number() || has_digits(consent.id(), name);
}

Outcome<v1::ConsentView> find_consent(Session& session, const std::string& name, const std::string& kind) {
  v1::ListConsentsRequest request;
  request.set_message(name);
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::ListConsents, request));
  for (const auto& consent : response.consents())
    if (is_called(consent, name) && (kind.empty() || consent.kind() == kind)) return consent;
  return fault("E-NOT-FOUND", {{"subject", name}});
}

Outcome<v1::ListJointActsResponse> list_joint_acts(Session& session, const std::string& agreement) {
  v1::ListJointActsRequest request;
  request.set_agreement(agreement);
  auto& desk = *TRY(session.desk());
  auto response = TRY(desk.call(&v1::Desk::Stub::ListJointActs, request));
  if (response.refused().reasons_size() > 0) return tl::unexpected(to_fault(response.refused(), agreement));
  return response;
}

Outcome<FoundVersion> find_version(const v1::ListJointActsResponse& known, const std::string& name) {
  for (const auto& subject : known.subjects())
    for (const auto& version : subject.versions())
      if (name == version.number() || name == version.digest() || has_digits(version.id(), name))
        return FoundVersion{subject, version};
  return fault("E-NOT-FOUND", {{"subject", name}});
}

}  // namespace chancery::client
