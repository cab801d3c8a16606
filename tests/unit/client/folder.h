// A temporary folder, removed at the end, and the shell in it.
#pragma once

#include <string>
#include <vector>

namespace chancery::test {

class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Ran {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};
Ran shell(const std::string& command);

std::string slurp(const std::string& path);
void spit(const std::string& path, const std::string& content);

// The client itself, with contexts in `home` and English texts unless the words say otherwise.
struct Answer {
  int exit_code = -1;
  std::string out;
  std::string notes;
};
Answer chancery(const Folder& home, const std::vector<std::string>& words);

}  // namespace chancery::test
