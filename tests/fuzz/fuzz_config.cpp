// The readers of data files. The first byte chooses the reader, the rest is the file. Whatever the file: no crash,
// every fault lies inside it and can be shown on a terminal, and the same bytes give the same faults.
#include <algorithm>
#include <cstdlib>

#include "daemon/config/agreement_file.h"
#include "daemon/config/label_file.h"
#include "daemon/config/settings.h"
#include "daemon/config/status_file.h"

namespace {

using namespace chancery;          // NOLINT(google-build-using-namespace)
using namespace chancery::config;  // NOLINT(google-build-using-namespace)

std::vector<core::Agreement> one_agreement() {
  core::Agreement agreement;
  agreement.id = "one";
  agreement.parties = {"CN", "RU"};
  agreement.signed_on = "2001-02-03";
  return {agreement};
}

std::vector<Fault> read(std::uint8_t reader, const Source& source) {
  Faults faults;
  switch (reader % 5) {
    case 0: {
      std::vector<LabelFile> files;
      if (auto file = read_label_policy(source, faults)) files.push_back(std::move(*file));
      check_label_policies(files, one_agreement(), faults);
      break;
    }
    case 1: {
      auto agreements = one_agreement();
      read_status(source, agreements, faults);
      break;
    }
    case 2:
      read_agreement(source, {"X1", "X2"}, faults);
      break;
    case 3:
      read_settings(source, faults);
      break;
    default:
      read_clauses(source, faults);
      break;
  }
  return faults.sorted();
}

bool shows_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Source source{"file", Bytes(data + 1, data + size)};
  const auto lines = 2 + std::count(source.bytes.begin(), source.bytes.end(), '\n');
  const auto faults = read(data[0], source);
  for (const auto& fault : faults)
    if (fault.line > lines || shows_control(to_string(fault))) abort();
  if (read(data[0], source) != faults) abort();
  return 0;
}
