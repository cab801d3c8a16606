// Attachments as persons bring and take them: sealed before the message that will have them is submitted, opened chunk
// by chunk for who may read it. What is uploaded and not used within a day is removed.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "daemon/service/read.h"
#include "daemon/wire/body.h"

namespace chancery::service {

// One upload on its way; of one thread. Left without `finish`, it can be begun again and goes on where it was.
class Upload {
 public:
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  virtual ~Upload() = default;

  // Bytes that are here already: the caller goes on behind them.
  [[nodiscard]] virtual std::uint64_t from() const = 0;
  // The next chunk: kChunkSize bytes, the last one what is left. malformed when it is of another size; unavailable when
  // the disk is full.
  virtual Result<void> take(BytesView chunk) = 0;
  // All bytes are here, and are what was announced, else malformed: the root by which a draft names it.
  virtual Result<Digest> finish() = 0;

 protected:
  Upload() = default;
};

// An attachment opened for a person; of one thread.
class Download {
 public:
  Download(wire::Manifest manifest, store::ChunkFile file) : manifest_(std::move(manifest)), file_(std::move(file)) {}
  [[nodiscard]] const wire::Manifest& manifest() const { return manifest_; }
  // The next chunk, nothing behind the last. corrupt when it does not open.
  Result<std::optional<crypto::SecretBytes>> next();

 private:
  wire::Manifest manifest_;
  store::ChunkFile file_;
  std::uint64_t next_ = 0;
};

class AttachmentDesk {
 public:
  // References outlive this, and this its uploads.
  AttachmentDesk(Node node, Reading& reading) : node_(std::move(node)), reading_(reading) {}

  // Refused: role, disk full; the same file of the same officer is being uploaded now (not-now).
  Outcome<std::unique_ptr<Upload>> begin(const core::User& caller, const wire::Manifest& file);
  // Of a message that is read by this, with all a reading means, or of a draft that is shown to the caller. `number` is
  // that of its part; of a draft, of its attachments from 0.
  Outcome<std::unique_ptr<Download>> open(const core::User& caller, const std::string& message, std::uint32_t number);

 private:
  class Sealing;
  class Done;
  Result<std::unique_ptr<Upload>> seal(const core::User& caller, const wire::Manifest& file, const Digest& identity);
  void ended(const std::string& name);

  const Node node_;
  Reading& reading_;
  std::mutex mutex_;
  std::set<std::string> uploading_;  // guarded by mutex_
};

}  // namespace chancery::service
