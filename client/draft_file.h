// Drafts as officers write them: Markdown with a front matter.
//
//   ---
//   agreement: sco-2009
//   threats: sco-2009/2/3
//   directions: sco-2009/3/5, sco-2009/3/16
//   label: restricted
//   to: kz-example, ru-example
//   ---
//   ## zh
//   # title
//   text ...
//   ## ru unofficial
//   # title
//   text ...
//   ## indicators
//   - ipv4 192.0.2.7 what was seen there
//   ## sources
//   - IN-2026-0012 quotes
//   ## independent
//   - IN-2026-0013 where the text comes from instead
//
// Read strictly: every fault is found and told with its line. `## ` begins a section; in the front matter `# ` begins a
// comment, and an HTML comment may stand in lines of its own anywhere. The first text is the original unless its
// heading says otherwise; the others are unofficial translations unless theirs does. To write a line that begins with
// `## `, write `\## `.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/fault.h"

namespace chancery::client {

struct DraftFault {
  std::size_t line = 0;
  std::string key;  // in the catalogue: "draft-fault.<key>"
  Params params;
};

using DraftOrFaults = tl::expected<v1::Draft, std::vector<DraftFault>>;

DraftOrFaults parse_draft(const std::string& text);

}  // namespace chancery::client
