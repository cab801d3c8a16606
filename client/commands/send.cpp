#include "client/attachments.h"
#include "client/commands/commands.h"
#include "client/draft_file.h"
#include "client/files.h"
#include "client/sending.h"

namespace chancery::client::commands {

namespace {

Fault to_fault(const std::vector<DraftFault>& faults, const std::string& file, const Session& session) {
  const auto told = [&](const DraftFault& fault) {
    return session.text("draft-fault.at", {{"place", file + ":" + std::to_string(fault.line)},
                                           {"what", session.text("draft-fault." + fault.key, fault.params)}});
  };
  Fault out{"E-DRAFT", {{"file", file}, {"detail", told(faults.front())}}};
  for (std::size_t i = 1; i < faults.size(); ++i) out.also.push_back({{}, {}, told(faults[i])});
  return out;
}

}  // namespace

Outcome<int> send(Session& session) {
  const auto file = session.arguments().value("FILE");
  auto parsed = parse_draft(TRY(read_file(file)));
  if (!parsed) return tl::unexpected(to_fault(parsed.error(), file, session));
  auto& draft = *parsed;
  const auto recipients = session.arguments().list("--to");
  if (!recipients.empty()) draft.mutable_recipients()->Assign(recipients.begin(), recipients.end());
  if (draft.recipients().empty()) return fault("E-USAGE-MISSING", {{"name", "--to"}, {"words", "send"}});
  CHECK_OK(check_can_agree(session));
  for (const auto& path : session.arguments().list("--attach")) *draft.add_attachments() = TRY(upload(session, path));
  return preview_and_submit(session, draft, file);
}

}  // namespace chancery::client::commands
