#include "client/lookup.h"

#include "client/connection.h"

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

bool is_called(const v1::ConsentView& consent, const std::string& name) {
  constexpr std::size_t kFirst = 12;
  constexpr std::size_t kFewest = 4;
  if (name.empty()) return false;
  if (name == consent.number() || name == consent.their_number() || name == consent.id()) return true;
  return name.size() >= kFewest && consent.id().size() > kFirst && consent.id().compare(kFirst, name.size(), name) == 0;
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

}  // namespace chancery::client
