#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/peer_table.h"
#include "client/table.h"

namespace chancery::client::commands {

Outcome<int> status(Session& session) {
  auto& desk = *TRY(session.desk());
  const auto s = TRY(desk.call(&v1::Desk::Stub::Status, v1::StatusRequest()));
  if (session.json()) return session.print_json("StatusResponse", s);
  if (session.format() == Format::id) return session.print(s.authority() + "\n");
  session.say("status.authority", {{"authority", s.authority()},
                                   {"party", s.party()},
                                   {"version", s.version()},
                                   {"started", local_time(s.started())}});
  session.say("status.caller", {{"name", s.caller()}, {"role", session.catalogue().word("role", s.role())}});
  if (!s.parked().empty())
    session.say("status.parked",
                {{"code", s.parked()},
                 {"what", session.catalogue().text("error." + s.parked() + ".what", {{"subject", s.authority()}})}});
  session.say("status.counts", {{"unread", std::to_string(s.unread())},
                                {"drafts", std::to_string(s.waiting_drafts())},
                                {"queued", std::to_string(s.queued())}});
  session.say("status.journal", {{"size", std::to_string(s.journal_size())}, {"checkpoint", s.checkpoint()}});
  session.say("status.data", {{"data", s.data()}});
  if (s.conflicts() > 0) session.say("status.conflicts", {{"count", std::to_string(s.conflicts())}});
  if (s.rejected() > 0) session.say("status.rejected", {{"count", std::to_string(s.rejected())}});
  return session.print(peer_table(s.peers(), session.catalogue()));
}

}  // namespace chancery::client::commands
