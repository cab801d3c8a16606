#include "daemon/service/attachment_desk.h"

#include "crypto/attachment.h"
#include "crypto/sealing.h"
#include "daemon/wire/draft.h"

namespace chancery::service {

namespace {

constexpr Duration kSameUpload = days(7);  // as long as the key of a submission is kept

// What an upload is begun as: the same file of the same person under the same name.
Digest identity_of(const std::string& officer, const wire::Manifest& file) {
  return crypto::sha256({as_bytes("chancery/upload/v1\n"), as_bytes(officer), as_bytes("\n"), file.plain_root.view(),
                         as_bytes(std::to_string(file.size)), as_bytes("\n"), as_bytes(file.name), as_bytes("\n"),
                         as_bytes(file.media_type)});
}

}  // namespace

// ---- uploads

// Sealed chunks on the disk, and beside them the key under the storage key: so it goes on after a restart, too.
class AttachmentDesk::Sealing final : public Upload {
 public:
  Sealing(AttachmentDesk& desk, std::string officer, const wire::Manifest& file, const Digest& identity,
          store::ChunkFile chunks, crypto::SecretBytes key)
      : desk_(desk),
        officer_(std::move(officer)),
        identity_(identity),
        name_(to_hex(identity.view())),
        chunks_(std::move(chunks)) {
    manifest_.name = file.name;
    manifest_.media_type = file.media_type;
    manifest_.size = file.size;
    manifest_.key = std::move(key);
    manifest_.plain_root = file.plain_root;
    manifest_.line.length = crypto::sealed_length(file.size);
  }
  ~Sealing() override { desk_.ended(name_); }
  Sealing(const Sealing&) = delete;
  Sealing& operator=(const Sealing&) = delete;

  // What an earlier begin left, as far as it opens.
  Result<void> resume() {
    const auto there = TRY(chunks_.length());
    const auto count = crypto::chunks_of(manifest_.size);
    while (plain_.size() < count) {
      const auto place = crypto::place_of_chunk(plain_.size(), manifest_.line.length);
      if (place.offset + place.size > there) break;
      const auto sealed = TRY(chunks_.read(place.offset, place.size));
      const auto opened = crypto::open_chunk(manifest_.key.view(), plain_.size(), place.last, sealed);
      if (!opened.has_value()) break;
      note(opened->view(), sealed);
    }
    return chunks_.cut(std::min(manifest_.line.length, plain_.size() * crypto::kSealedChunkSize));
  }

  [[nodiscard]] std::uint64_t from() const override {
    return std::min(manifest_.size, plain_.size() * crypto::kChunkSize);
  }

  Result<void> take(BytesView chunk) override {
    const auto index = plain_.size();
    if (index >= crypto::chunks_of(manifest_.size)) return fail(Errc::malformed, "bytes: more than announced");
    const auto place = crypto::place_of_chunk(index, manifest_.line.length);
    if (chunk.size() != place.size - crypto::kAeadTagSize) return fail(Errc::malformed, "bytes: not a chunk");
    const auto sealed = crypto::seal_chunk(manifest_.key.view(), index, place.last, chunk);
    CHECK_OK(chunks_.write(place.offset, sealed));
    note(chunk, sealed);
    return {};
  }

  Result<Digest> finish() override {
    // A file without bytes is one chunk without bytes.
    if (manifest_.size == 0 && plain_.size() == 0) CHECK_OK(take({}));
    if (plain_.size() < crypto::chunks_of(manifest_.size)) return fail(Errc::malformed, "bytes: fewer than announced");
    const auto& files = desk_.node_.store.attachments();
    if (plain_.root() != manifest_.plain_root) {
      files.forget(name_);
      return fail(Errc::malformed, "bytes: not those announced");
    }
    manifest_.line.cipher_root = sealed_.root();
    CHECK_OK(files.complete(name_));
    CHECK_OK(record());
    files.forget(name_);
    return manifest_.line.cipher_root;
  }

 private:
  void note(BytesView plain, BytesView sealed) {
    plain_.append(crypto::leaf_hash(plain));
    sealed_.append(crypto::leaf_hash(sealed));
  }

  Result<void> record() {
    const auto& root = manifest_.line.cipher_root;
    const auto& node = desk_.node_;
    store::AttachmentRecord record{root, officer_, identity_, {}, plain_.leaves(), sealed_.leaves(), {}};
    record.sealed_manifest =
        crypto::seal_at_rest(node.storage_key.view(), root.view(), wire::manifest_part(manifest_), node.random);
    const auto& files = node.store.attachments();
    CHECK_OK(files.adopt(name_, root));
    return node.store.run<void>(0, [&](store::Transaction& tx) -> Result<void> {
      // Dropped meanwhile, with a draft that had the same.
      if (!files.is_adopted(name_, root)) CHECK_OK(files.adopt(name_, root));
      return tx.record_attachment(record);
    });
  }

  AttachmentDesk& desk_;
  const std::string officer_;
  const Digest identity_;
  const std::string name_;
  const store::ChunkFile chunks_;
  wire::Manifest manifest_;
  crypto::ChunkTree plain_, sealed_;
};

// Uploaded before: who sends the same once more, because an answer was lost, sends the same bytes.
class AttachmentDesk::Done final : public Upload {
 public:
  Done(AttachmentDesk& desk, std::string name, std::uint64_t size, const Digest& root)
      : desk_(desk), name_(std::move(name)), size_(size), root_(root) {}
  ~Done() override { desk_.ended(name_); }
  Done(const Done&) = delete;
  Done& operator=(const Done&) = delete;

  [[nodiscard]] std::uint64_t from() const override { return size_; }
  Result<void> take(BytesView) override { return fail(Errc::malformed, "bytes: more than announced"); }
  Result<Digest> finish() override { return root_; }

 private:
  AttachmentDesk& desk_;
  const std::string name_;
  const std::uint64_t size_;
  const Digest root_;
};

void AttachmentDesk::ended(const std::string& name) {
  const std::lock_guard lock(mutex_);
  uploading_.erase(name);
}

Outcome<std::unique_ptr<Upload>> AttachmentDesk::begin(const core::User& caller, const wire::Manifest& file) {
  using Answer = std::variant<std::unique_ptr<Upload>, Refused>;
  if (!core::permits(caller.role, core::Permission::compose)) return Answer(refused(core::ReasonCode::role, "upload"));
  const auto identity = identity_of(caller.name, file);
  const auto name = to_hex(identity.view());
  {
    const std::lock_guard lock(mutex_);
    if (!uploading_.insert(name).second) return Answer(refused(core::ReasonCode::not_now, file.name));
  }
  // From here on its end is told by whoever holds it.
  const auto done = node_.store.reader().uploaded(identity, node_.clock.now() - kSameUpload);
  if (done.has_value() && *done) return Answer(std::make_unique<Done>(*this, name, file.size, (*done)->root));
  auto begun =
      done.has_value() ? seal(caller, file, identity) : Result<std::unique_ptr<Upload>>(tl::unexpected(done.error()));
  if (begun.has_value()) return Answer(std::move(*begun));
  ended(name);
  if (begun.error().code != Errc::unavailable) return tl::unexpected(begun.error());
  return Answer(refused(core::ReasonCode::disk_full, file.name));
}

Result<std::unique_ptr<Upload>> AttachmentDesk::seal(const core::User& caller, const wire::Manifest& file,
                                                     const Digest& identity) {
  const auto name = to_hex(identity.view());
  const auto& files = node_.store.attachments();
  auto kept = files.key(name);
  if (!kept.has_value() && kept.error().code != Errc::not_found) return tl::unexpected(kept.error());
  auto key = kept.has_value() ? crypto::open_at_rest(node_.storage_key.view(), identity.view(), *kept)
                              : Result<crypto::SecretBytes>(fail(Errc::not_found, ""));
  if (!key.has_value()) {
    files.forget(name);
    if (files.room() < crypto::sealed_length(file.size)) return fail(Errc::unavailable, "no room");
    key = crypto::SecretBytes(node_.random.bytes(crypto::kAeadKeySize));
    CHECK_OK(files.keep_key(
        name, crypto::seal_at_rest(node_.storage_key.view(), identity.view(), key->view(), node_.random)));
  }
  auto out =
      std::make_unique<Sealing>(*this, caller.name, file, identity, TRY(files.unfinished(name)), std::move(*key));
  CHECK_OK(out->resume());
  return std::unique_ptr<Upload>(std::move(out));
}

// ---- downloads

Result<std::optional<crypto::SecretBytes>> Download::next() {
  if (next_ >= crypto::chunks_of(manifest_.size)) return std::optional<crypto::SecretBytes>();
  const auto place = crypto::place_of_chunk(next_, manifest_.line.length);
  const auto sealed = TRY(file_.read(place.offset, place.size));
  auto opened = crypto::open_chunk(manifest_.key.view(), next_, place.last, sealed);
  if (!opened.has_value()) return fail(Errc::corrupt, "attachment: a chunk does not open");
  ++next_;
  return std::optional(std::move(*opened));
}

namespace {

std::optional<wire::Manifest> part_with(const std::vector<Bytes>& parts, const std::vector<std::uint32_t>& numbers,
                                        std::uint32_t number) {
  for (std::size_t i = 0; i < parts.size() && i < numbers.size(); ++i)
    if (numbers[i] == number) return wire::manifest_of(parts[i]);
  return std::nullopt;
}

std::optional<wire::Manifest> attachment_of(const core::Draft& draft, std::uint32_t number) {
  for (const auto& part : draft.parts) {
    auto manifest = wire::manifest_of(part);
    if (manifest && number-- == 0) return manifest;
  }
  return std::nullopt;
}

}  // namespace

Outcome<std::unique_ptr<Download>> AttachmentDesk::open(const core::User& caller, const std::string& message,
                                                        std::uint32_t number) {
  using Answer = std::variant<std::unique_ptr<Download>, Refused>;
  std::optional<wire::Manifest> manifest;
  if (wire::parse_draft_name(message).has_value()) {
    auto listed = TRY(reading_.list(caller, {wire::DeskBox::drafts, 1, 0, message}));
    if (auto* refusal = std::get_if<Refused>(&listed)) return Answer(std::move(*refusal));
    const auto& drafts = std::get<wire::Listing>(listed).drafts;
    if (!drafts.empty() && drafts.front().draft) manifest = attachment_of(*drafts.front().draft, number);
  } else {
    auto read = TRY(reading_.read(caller, message));
    if (auto* refusal = std::get_if<Refused>(&read)) return Answer(std::move(*refusal));
    const auto& view = std::get<wire::ReadView>(read);
    manifest = part_with(view.parts, view.numbers, number);
  }
  if (!manifest) return Answer(refused(core::ReasonCode::not_found, message + " " + std::to_string(number)));
  auto file = TRY(node_.store.attachments().read(manifest->line.cipher_root));
  return Answer(std::make_unique<Download>(std::move(*manifest), std::move(file)));
}

}  // namespace chancery::service
