// How much of a list is wanted and from where: --limit and --before.
#pragma once

#include <cstdint>

#include "client/session.h"

namespace chancery::client {

struct Page {
  std::uint32_t limit = 0;
  std::uint64_t before = 0;
};

// Faults: E-USAGE-VALUE.
Outcome<Page> page_of(const Arguments& arguments);

// Says that there are older ones, from `next`; nothing when that is 0.
void note_older(Session& session, const Page& page, std::uint64_t next);

}  // namespace chancery::client
