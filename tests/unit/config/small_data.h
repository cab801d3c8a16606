// A small but complete data folder in a temporary directory, to be spoilt in one place at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "daemon/config/load.h"

namespace chancery::config {

class SmallData {
 public:
  SmallData();
  ~SmallData();
  SmallData(const SmallData&) = delete;
  SmallData& operator=(const SmallData&) = delete;

  // Names are relative to the folder: "labels/cn-one.toml".
  [[nodiscard]] std::string text(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;
  void remove(const std::string& name) const;
  // Replaces the one place where `from` stands; throws when it stands nowhere or twice.
  void replace(const std::string& name, const std::string& from, const std::string& to) const;
  // The line `part` first stands in, counted in the bytes of the file.
  [[nodiscard]] std::uint32_t line_of(const std::string& name, const std::string& part) const;

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] Loaded<core::AgreementBook> load() const;
  // The faults of load(), each in one line, with file names relative to the folder.
  [[nodiscard]] std::vector<std::string> faults() const;
  // The same for load_settings and for load, of daemon.toml.
  [[nodiscard]] std::vector<std::string> settings_faults() const;
  [[nodiscard]] std::vector<std::string> all_faults() const;

 private:
  [[nodiscard]] std::vector<std::string> relative(const std::vector<Fault>& faults) const;

  std::filesystem::path folder_;
};

// Every regular file below a folder, copied into another.
void copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace chancery::config
