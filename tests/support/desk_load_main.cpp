// desk-load SOCKET ANCHOR KEY CERTIFICATE RECIPIENT,... COUNT [SEED [FIRST [PER_FRAME]]]: submits open notices and
// prints a line for each answer, flushed: `ok <draft> <id> <number>`, `again <draft> <id> <number>` or `refused <draft>
// <code>`. Exits 0 when all were answered, 7 when the stream broke.
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/support/desk_load.h"

namespace {

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

void print(const chancery::test::LoadAnswer& answer) {
  if (answer.accepted)
    std::printf("%s %llu %s %s\n", answer.repeated ? "again" : "ok", static_cast<unsigned long long>(answer.draft),
                answer.id.c_str(), answer.number.c_str());
  else
    std::printf("refused %llu %s\n", static_cast<unsigned long long>(answer.draft), answer.code.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr,
                 "usage: desk-load SOCKET ANCHOR KEY CERTIFICATE RECIPIENT,... COUNT [SEED [FIRST [PER_FRAME]]]\n");
    return 2;
  }
  const chancery::test::DeskAddress desk{argv[1], argv[2], argv[3], argv[4]};
  chancery::test::LoadOptions options;
  options.recipients = split_commas(argv[5]);
  options.count = std::strtoull(argv[6], nullptr, 10);
  if (argc > 7) options.key_seed = std::strtoull(argv[7], nullptr, 10);
  if (argc > 8) options.first = std::strtoull(argv[8], nullptr, 10);
  if (argc > 9) options.per_frame = static_cast<std::uint32_t>(std::strtoul(argv[9], nullptr, 10));
  std::string error;
  if (chancery::test::run_load(desk, options, print, error)) return 0;
  std::fprintf(stderr, "desk-load: %s\n", error.c_str());
  return 7;
}
