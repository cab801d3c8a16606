#include "client/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "crypto/file.h"

namespace chancery::client {

namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;

tl::unexpected<Fault> failed(const std::string& path) {
  return fault("E-FILE", {{"path", path}, {"detail", std::strerror(errno)}});
}

Outcome<void> write_with(const std::string& path, std::string_view content, int flags, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, mode);
  if (file < 0 && errno == EEXIST) return fault("E-FILE-EXISTS", {{"path", path}});
  if (file < 0) return failed(path);
  bool good = true;
  while (good && !content.empty()) {
    const auto written = ::write(file, content.data(), content.size());
    good = written > 0;
    if (good) content.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && ::fsync(file) == 0;
  good = ::close(file) == 0 && good;
  if (!good) return failed(path);
  return {};
}

}  // namespace

Outcome<std::string> read_file(const std::string& path) {
  return or_fault(crypto::read_file(path, kMaxFile), "E-FILE", {{"path", path}});
}

Outcome<void> write_new_file(const std::string& path, std::string_view content) {
  return write_with(path, content, O_EXCL, 0644);
}

Outcome<void> write_new_private_file(const std::string& path, std::string_view content) {
  return write_with(path, content, O_EXCL, 0600);
}

Outcome<void> replace_private_file(const std::string& path, const std::string& content) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) CHECK_OK(make_private_folder(folder));
  const auto next = path + ".new";
  CHECK_OK(write_with(next, content, O_TRUNC, 0600));
  if (std::rename(next.c_str(), path.c_str()) != 0) return failed(path);
  return {};
}

Outcome<void> make_private_folder(const std::string& path) {
  if (std::filesystem::is_directory(path)) return {};
  const auto parent = std::filesystem::path(path).parent_path().string();
  if (!parent.empty() && parent != path) CHECK_OK(make_private_folder(parent));
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path);
  return {};
}

}  // namespace chancery::client
