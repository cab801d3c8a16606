// Runs a fuzz target over its corpus without libFuzzer: every input as it is, then every beginning of it, then the
// input with each byte changed. So each build, whatever its compiler, refuses what a fuzzer once found.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kMaxVariants = 4096;  // of one input, evenly spread over it

void run(const std::string& input) {
  // A copy of exactly this size, so that the address sanitizer sees a read past the end.
  const auto copy = std::vector<std::uint8_t>(input.begin(), input.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void run_variants(const std::string& input) {
  const auto step = input.size() / kMaxVariants + 1;
  for (std::size_t at = 0; at < input.size(); at += step) {
    run(input.substr(0, at));
    auto changed = input;
    changed[at] = static_cast<char>(changed[at] ^ 0x15);
    run(changed);
  }
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      const auto input = read(entry.path());
      run(input);
      run_variants(input);
      ++inputs;
    }
  }
  std::printf("%zu inputs replayed\n", inputs);
  return inputs == 0 ? 1 : 0;  // an empty corpus shows nothing
}
