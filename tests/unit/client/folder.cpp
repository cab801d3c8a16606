#include "tests/unit/client/folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "client/run.h"

namespace chancery::test {

Folder::Folder() {
  auto pattern = (std::filesystem::temp_directory_path() / "chancery-client-XXXXXX").string();
  const char* made = ::mkdtemp(pattern.data());
  path_ = made == nullptr ? std::string() : made;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Ran shell(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  Ran ran;
  std::array<char, 4096> buffer{};
  for (std::size_t read = 0; (read = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    ran.output.append(buffer.data(), read);
  const int status = ::pclose(pipe);
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void spit(const std::string& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

Answer chancery(const Folder& home, const std::vector<std::string>& words) {
  ::setenv("CHANCERY_CONFIG", home.path("contexts.toml").c_str(), 1);
  ::setenv("CHANCERY_DATA", CHANCERY_SOURCE_DIR "/config", 1);
  ::setenv("CHANCERY_LANG", "en", 1);
  ::unsetenv("CHANCERY_CONTEXT");
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream notes;
  const int exit_code = client::run(words, {in, out, notes, false});
  return {exit_code, out.str(), notes.str()};
}

}  // namespace chancery::test
