// Attachments of the person: files sealed by the daemon before a message is sent, and opened ones written to disk.
#pragma once

#include <set>

#include "chancery/v1/desk.pb.h"
#include "client/session.h"

namespace chancery::client {

// Uploads a file, with a progress bar where somebody watches. The same file again goes on where it was, or is there
// already. Faults: E-FILE, E-FILE-CHANGED (while it was read), E-FILE-NAME, those of the daemon.
Outcome<v1::AttachmentReference> upload(Session& session, const std::string& path);

struct SavedAttachment {
  std::string file;
  std::uint64_t size = 0;
};
// Writes one attachment into a folder, under its name where that can do no harm and the file system takes it; an
// existing file is a conflict, and what could not be read to its end leaves none. `number` as chancery show prints it.
// `taken`: names that attachments of the same run already have; one more of the same name has its number before it.
Outcome<SavedAttachment> save_attachment(Session& session, const std::string& message, std::uint32_t number,
                                         const std::string& folder, std::set<std::string>& taken);

// What an attachment that others named is called on our disk: its name, unless that hides itself, deceives the eye or
// leads elsewhere.
std::string safe_file_name(const std::string& name, std::uint32_t number);

}  // namespace chancery::client
