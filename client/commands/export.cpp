#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "client/commands/commands.h"
#include "client/connection.h"
#include "client/data_names.h"
#include "client/designation_bundle.h"
#include "client/files.h"
#include "client/message_text.h"
#include "client/refusal.h"
#include "client/table.h"
#include "client/verify/evidence.h"

namespace chancery::client::commands {

namespace {

// Everything is verified before a file is written: what is exported is good, or it is not exported.
Result<std::vector<verify::EvidenceFile>> make_files(const v1::Evidence& evidence) {
  const auto statement =
      TRY(to_signed_statement(evidence.statement(), evidence.signature(), evidence.leaf(), evidence.path()));
  const auto certificate = TRY(crypto::Certificate::from_der(as_bytes(evidence.certificate())));
  const auto anchor = TRY(crypto::Certificate::from_der(as_bytes(evidence.anchor())));
  std::optional<verify::Designation> designation;
  if (evidence.has_designation()) {
    const auto bundle = TRY(open_bundle(evidence.designation()));
    if (bundle.anchor().id() != anchor.id())
      return fail(Errc::unauthenticated, "the designation is under another anchor");
    designation = verify::Designation{bundle.statement};
  }
  const auto* designated = designation ? &*designation : nullptr;
  CHECK_OK(verify::verify_evidence(statement, certificate, anchor, designated));
  return verify::evidence_files(statement, certificate, anchor, designated);
}

Outcome<void> write_files(const std::string& folder, const std::vector<verify::EvidenceFile>& files) {
  CHECK_OK(make_private_folder(folder));
  for (const auto& file : files) {
    const auto path = folder + "/" + file.name;
    CHECK_OK(write_new_file(path, file.content));
    if (file.executable && ::chmod(path.c_str(), 0755) != 0)
      return fault("E-FILE", {{"path", path}, {"detail", "chmod"}});
  }
  return {};
}

// The name comes from the daemon; as a folder it may hold nothing but these.
std::string folder_name(const std::string& proposed) {
  std::string out;
  for (const char c : proposed)
    out += (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ? c : '-';
  return out.empty() ? "evidence" : out;
}

// A stage nobody signed, or one that several signed: said of receipts, not of ids.
Fault to_receipt_fault(const v1::Refusal& refusal, const v1::ExportRequest& request) {
  auto out = to_fault(refusal, request.message());
  if (request.receipt().empty()) return out;
  if (out.code == "E-AMBIGUOUS-ID" && request.recipient().empty())
    return {"E-USAGE-MISSING", {{"name", "--recipient"}, {"words", "export --receipt"}}};
  if (out.code == "E-NOT-FOUND" && out.params["subject"] == request.receipt())
    return {"E-RECEIPT-NONE", {{"message", request.message()}, {"value", request.receipt()}}};
  return out;
}

bool is_stage(const std::string& word) {
  static const std::vector<std::string> kStages = {"delivered", "read", "acknowledged", "answered", "refused"};
  return std::find(kStages.begin(), kStages.end(), word) != kStages.end();
}

}  // namespace

Outcome<int> export_evidence(Session& session) {
  const auto& arguments = session.arguments();
  if (const auto as = arguments.value_or("--as", "signature"); as != "signature")
    return fault("E-USAGE-VALUE", {{"option", "--as"}, {"value", as}});
  if (const auto stage = arguments.value("--receipt"); !stage.empty() && !is_stage(stage))
    return fault("E-USAGE-VALUE", {{"option", "--receipt"}, {"value", stage}});
  v1::ExportRequest request;
  request.set_message(arguments.value("ID"));
  request.set_receipt(arguments.value("--receipt"));
  request.set_recipient(arguments.value("--recipient"));
  request.set_handling(arguments.has("--handling"));
  auto& desk = *TRY(session.desk());
  const auto response = TRY(desk.call(&v1::Desk::Stub::Export, request));
  if (response.has_refused()) return tl::unexpected(to_receipt_fault(response.refused(), request));
  auto files = TRY(or_fault(make_files(response.evidence()), "E-VERIFY-SIGNATURE", {{"subject", request.message()}}));
  files.push_back({"marking.txt", banner(response.evidence(), DataNames::fetch(session), session.catalogue())});
  const auto folder = arguments.value_or("--out", folder_name(response.evidence().name()));
  CHECK_OK(write_files(folder, files));
  if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "folder", folder);
    std::vector<std::string> names;
    for (const auto& file : files) names.push_back(file.name);
    set_texts(data, "files", names);
    session.print_json("Export", data);
  } else if (session.format() == Format::id) {
    session.print(folder + "\n");
  } else {
    session.say("export.done", {{"folder", shell_word(folder)}, {"count", std::to_string(files.size())}});
  }
  return kOk;
}

}  // namespace chancery::client::commands
