#include <filesystem>

#include "client/commands/commands.h"
#include "client/draft_template.h"
#include "client/files.h"
#include "client/table.h"

namespace chancery::client::commands {

Outcome<int> notice_new(Session& session) {
  const auto file = session.arguments().value_or("--file", "notice.md");
  const auto agreement = session.arguments().value_or("--agreement", "sco-2009");
  auto languages = session.arguments().list("--languages");
  if (languages.empty()) languages = {"zh", "ru"};
  const auto outline = TRY(outline_agreement(session.data(), agreement));
  CHECK_OK(write_new_private_file(file, draft_template(outline, languages, session.catalogue())));
  if (session.json()) {
    google::protobuf::Struct data;
    set_text(data, "file", file);
    session.print_json("Draft", data);
  } else if (session.format() == Format::id) {
    session.print(file + "\n");
  } else {
    session.say("notice.new", {{"file", shell_word(file)}});
  }
  return kOk;
}

}  // namespace chancery::client::commands
