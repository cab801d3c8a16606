#include "client/paging.h"

#include <algorithm>
#include <limits>

#include "daemon/core/form.h"

namespace chancery::client {

namespace {

Outcome<std::uint64_t> number_option(const Arguments& arguments, const std::string& option,
                                     const std::string& otherwise) {
  const auto text = arguments.value_or(option, otherwise);
  const auto number = core::parse_number(text);
  if (!number) return fault("E-USAGE-VALUE", {{"option", option}, {"value", text}});
  return *number;
}

}  // namespace

Outcome<Page> page_of(const Arguments& arguments) {
  const auto limit = TRY(number_option(arguments, "--limit", "100"));
  const auto before = TRY(number_option(arguments, "--before", "0"));
  return Page{static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, std::numeric_limits<std::uint32_t>::max())),
              before};
}

void note_older(Session& session, const Page& page, std::uint64_t next) {
  if (next != 0) session.note("list.more", {{"limit", std::to_string(page.limit)}, {"next", std::to_string(next)}});
}

}  // namespace chancery::client
