// Files the client reads and writes. Keys are not read here: they go through crypto::read_secret_file.
#pragma once

#include <string>

#include "client/fault.h"
#include "crypto/bytes.h"

namespace chancery::client {

// A regular file of at most 16 MiB. Faults: E-FILE.
Outcome<std::string> read_file(const std::string& path);
// A new file, mode 0644 less umask; an existing one is a conflict.
Outcome<void> write_new_file(const std::string& path, std::string_view content);
// The same, mode 0600.
Outcome<void> write_new_private_file(const std::string& path, std::string_view content);
// Whole or not at all; mode 0600, its folders made when missing.
Outcome<void> replace_private_file(const std::string& path, const std::string& content);
// Folders 0700.
Outcome<void> make_private_folder(const std::string& path);

}  // namespace chancery::client
