// A file that comes under its name only when it is whole, and never over one that is there, on any file system. Until
// then it is beside it, for its owner alone, as `.chancery-` and six characters of chance (mkostemp(3)). A run that is
// killed leaves that behind; nobody uses it again.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "client/fault.h"

namespace chancery::client {

// Not thread-safe. Of two processes that write the same file the one that finishes later is told that it exists.
class NewFile {
 public:
  // Faults: E-FILE-EXISTS, E-FILE.
  static Outcome<NewFile> begin(const std::string& path);
  NewFile(NewFile&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        path_(std::move(other.path_)),
        part_(std::move(other.part_)) {}
  NewFile& operator=(NewFile&&) = delete;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();  // not finished: nothing is left

  Outcome<void> write(std::string_view bytes);
  // Synced, and there under its name.
  Outcome<void> finish();

 private:
  NewFile(int descriptor, std::string path, std::string part)
      : descriptor_(descriptor), path_(std::move(path)), part_(std::move(part)) {}

  int descriptor_;
  std::string path_, part_;
};

}  // namespace chancery::client
