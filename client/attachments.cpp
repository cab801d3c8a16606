#include "client/attachments.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "client/connection.h"
#include "client/new_file.h"
#include "client/refusal.h"
#include "crypto/attachment.h"
#include "crypto/file.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

tl::unexpected<Fault> cannot_use(const std::string& path) {
  return fault("E-FILE", {{"path", path}, {"detail", std::strerror(errno)}});
}

std::uint64_t size_of(const crypto::File& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : crypto::kMaxPlainLength + 1;
}

// Shorter at the end of the file.
Outcome<Bytes> read_chunk(const crypto::File& file, const std::string& path, std::uint64_t offset) {
  Bytes out(crypto::kChunkSize);
  std::size_t done = 0;
  while (done < out.size()) {
    const auto count = ::pread(file.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_use(path);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  out.resize(done);
  return out;
}

// "evidence.pcap  [######....]  63 %", over and over in one line.
class Progress {
 public:
  Progress(Session& session, std::string name, std::uint64_t size)
      : session_(session), name_(std::move(name)), size_(size) {}
  ~Progress() {
    if (shown_ >= 0) session_.progress("\n");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void at(std::uint64_t done) {
    const int percent = size_ == 0 ? 100 : static_cast<int>(done * 100 / size_);
    if (percent == shown_ || !session_.watched()) return;
    shown_ = percent;
    const auto full = static_cast<std::size_t>(percent / 5);
    session_.progress("\r" + name_ + "  [" + std::string(full, '#') + std::string(20 - full, '.') + "] " +
                      std::to_string(percent) + " %");
  }

 private:
  Session& session_;
  std::string name_;
  std::uint64_t size_;
  int shown_ = -1;
};

Outcome<v1::AttachmentManifest> described(const crypto::File& file, const std::string& path) {
  v1::AttachmentManifest out;
  out.set_name(std::filesystem::path(path).filename().string());
  out.set_size(size_of(file));
  if (out.size() > crypto::kMaxPlainLength) return fault("E-LIMIT", {{"subject", path + ": 16 GiB"}});
  crypto::ChunkTree tree;
  for (std::uint64_t at = 0; at < out.size() || tree.size() == 0; at += crypto::kChunkSize)
    tree.append(crypto::leaf_hash(TRY(read_chunk(file, path, at))));
  out.set_plaintext_root(std::string(as_text(tree.root().view())));
  return out;
}

using UploadStream = grpc::ClientReaderWriter<v1::UploadRequest, v1::UploadResponse>;

// From where the daemon says; it may end the call any time, and says why then.
Outcome<void> send_bytes(Session& session, const crypto::File& file, const std::string& path,
                         const v1::AttachmentManifest& manifest, std::uint64_t from, UploadStream& stream) {
  Progress progress(session, manifest.name(), manifest.size());
  v1::UploadRequest request;
  for (auto at = from; at < manifest.size(); at += crypto::kChunkSize) {
    progress.at(at);
    const auto chunk = TRY(read_chunk(file, path, at));
    if (chunk.empty()) break;
    request.set_bytes(std::string(as_text(chunk)));
    if (!stream.Write(request)) return {};
  }
  progress.at(manifest.size());
  return {};
}

}  // namespace

Outcome<v1::AttachmentReference> upload(Session& session, const std::string& path) {
  const auto file = TRY(or_fault(crypto::open_regular(path), "E-FILE", {{"path", path}}));
  if (!core::is_utf8(std::filesystem::path(path).filename().string()))
    return fault("E-FILE-NAME", {{"path", core::neutralised(path)}});
  v1::AttachmentReference out;
  *out.mutable_manifest() = TRY(described(file, path));
  auto& desk = *TRY(session.desk());
  grpc::ClientContext call;
  const auto stream = desk.stub().Upload(&call);
  v1::UploadRequest begin;
  *begin.mutable_begin() = out.manifest();
  stream->Write(begin);
  v1::UploadResponse response;
  const bool begun = stream->Read(&response) && !response.has_refused();
  if (begun) {
    CHECK_OK(send_bytes(session, file, path, out.manifest(), response.from(), *stream));
    stream->WritesDone();
    response.Clear();
    if (!stream->Read(&response)) response.Clear();
  }
  const auto status = stream->Finish();
  if (response.has_refused()) return tl::unexpected(client::to_fault(response.refused(), path));
  if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT)
    return fault(begun ? "E-FILE-CHANGED" : "E-FILE-NAME", {{"path", core::neutralised(path)}});
  if (!status.ok()) return tl::unexpected(desk.to_fault(status));
  out.set_root(response.root());
  const auto root = parse_digest(response.root());
  if (root) out.mutable_manifest()->set_ciphertext_root(std::string(as_text(root->view())));
  return out;
}

// Not what hides it or looks like an option here, nor what some other system that reads this folder takes for a path, a
// stream or a blank.
std::string safe_file_name(const std::string& name, std::uint32_t number) {
  constexpr std::string_view kSlashes[] = {"/", "\\", ":", "\u2044", "\u2215", "\u29f8", "\uff0f", "\uff3c"};
  const bool plain = !name.empty() && std::string_view(".- ").find(name.front()) == std::string_view::npos &&
                     std::string_view(". ").find(name.back()) == std::string_view::npos &&
                     std::none_of(std::begin(kSlashes), std::end(kSlashes),
                                  [&](std::string_view one) { return name.find(one) != std::string::npos; }) &&
                     core::neutralised(name) == name;
  return plain ? name : "attachment-" + std::to_string(number);
}

namespace {

// A name that this file system does not take (too long, of other characters) gives way to a number.
Outcome<std::pair<std::string, NewFile>> new_file(const std::string& folder, const std::string& name,
                                                  std::uint32_t number, std::set<std::string>& taken) {
  auto chosen = safe_file_name(name, number);
  if (taken.contains(chosen)) chosen = std::to_string(number) + "-" + chosen;
  const auto by_number = "attachment-" + std::to_string(number);
  for (const auto& one : {chosen, by_number}) {
    auto path = (std::filesystem::path(folder) / one).string();
    auto file = NewFile::begin(path);
    if (file) {
      taken.insert(one);
      return std::pair(std::move(path), std::move(*file));
    }
    if (file.error().code != "E-FILE" || !std::filesystem::is_directory(folder)) return tl::unexpected(file.error());
  }
  return fault("E-FILE", {{"path", folder}, {"detail", std::strerror(errno)}});
}

using DownloadStream = grpc::ClientReader<v1::DownloadResponse>;

// How many bytes came.
Outcome<std::uint64_t> receive(Session& session, DownloadStream& stream, const v1::AttachmentManifest& manifest,
                               NewFile& file) {
  Progress progress(session, manifest.name(), manifest.size());
  v1::DownloadResponse response;
  std::uint64_t done = 0;
  while (stream.Read(&response)) {
    CHECK_OK(file.write(response.bytes()));
    done += response.bytes().size();
    progress.at(done);
  }
  return done;
}

}  // namespace

Outcome<SavedAttachment> save_attachment(Session& session, const std::string& message, std::uint32_t number,
                                         const std::string& folder, std::set<std::string>& taken) {
  auto& desk = *TRY(session.desk());
  grpc::ClientContext call;
  v1::DownloadRequest request;
  request.set_message(message);
  request.set_number(number);
  const auto stream = desk.stub().Download(&call, request);
  v1::DownloadResponse response;
  if (!stream->Read(&response)) return tl::unexpected(desk.to_fault(stream->Finish()));
  if (response.has_refused()) return tl::unexpected(client::to_fault(response.refused(), message));
  auto manifest = response.begin();
  auto opened = new_file(folder, manifest.name(), number, taken);
  if (!opened) {
    call.TryCancel();
    (void)stream->Finish();
    return tl::unexpected(opened.error());
  }
  auto& [path, file] = *opened;
  manifest.set_name(std::filesystem::path(path).filename().string());  // shown while it comes
  const auto received = receive(session, *stream, manifest, file);
  if (!received) call.TryCancel();
  const auto status = stream->Finish();
  if (!received) return tl::unexpected(received.error());
  if (status.error_code() == grpc::StatusCode::DATA_LOSS || (status.ok() && *received != manifest.size()))
    return fault("E-ATTACHMENT-DAMAGED", {{"subject", message + " " + std::to_string(number)}});
  if (!status.ok()) return tl::unexpected(desk.to_fault(status));
  CHECK_OK(file.finish());
  return SavedAttachment{path, manifest.size()};
}

}  // namespace chancery::client
