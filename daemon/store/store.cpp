#include "daemon/store/store.h"

#include "daemon/store/open.h"
#include "daemon/store/reader_pool.h"
#include "daemon/store/writer.h"

namespace chancery::store {

const char* to_string(DraftState state) {
  switch (state) {
    case DraftState::waiting:
      return "waiting";
    case DraftState::released:
      return "released";
    case DraftState::declined:
      return "declined";
  }
  return "";
}

const char* to_string(OutboxState state) {
  switch (state) {
    case OutboxState::queued:
      return "queued";
    case OutboxState::delivered:
      return "delivered";
    case OutboxState::refused:
      return "refused";
    case OutboxState::closed:
      return "closed";
  }
  return "";
}

namespace {

// Durable before the first entry: from then on a store without its checkpoint file is a finding. What stood inside the
// folder moves out of it.
Result<void> begin_checkpoints(const StoreOptions& options, OwnCheckpoint& file,
                               const std::optional<crypto::Checkpoint>& last, crypto::Signer& log_key) {
  const crypto::Checkpoint none{checkpoint_origin(options.authority, 1), {0}, crypto::merkle_root({}), std::nullopt};
  const auto& first = last ? *last : none;
  CHECK_OK(file.advance(first, TRY(crypto::sign_checkpoint(first, log_key))));
  CHECK_OK(file.sync());
  std::error_code ignored;
  if (last) std::filesystem::remove(options.directory / "checkpoint", ignored);
  return {};
}

}  // namespace

// Readers close first: the last connection, the writer's, moves the log into the database.
class Store::Impl {
 public:
  std::filesystem::path folder;
  FileLock lock;
  AttachmentFiles attachments;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<ReaderPool> readers;
};

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, const crypto::SecretBytes& database_key,
                                           Seams seams) {
  auto lock = TRY(lock_directory(options));
  CHECK_OK(remove_unfinished(options));
  auto database = TRY(open_as_it_is(options, database_key));
  const auto log_key = seams.log_key.public_key();
  auto file = TRY(open_checkpoint_file(options, log_key, OwnCheckpoint::Missing::make));
  const auto last = TRY(last_checkpoint(options, file, log_key));
  CHECK_OK(accept(*database, options.authority, last));
  if (!file.last()) CHECK_OK(begin_checkpoints(options, file, last, seams.log_key));
  auto attachments = TRY(AttachmentFiles::open(options.directory / "attachments"));
  CHECK_OK(remove_gone(*database, attachments));
  auto writer = TRY(Writer::start(std::move(database), std::move(file), attachments, options.directory / "reserve",
                                  options.authority, std::move(seams)));
  auto readers = TRY(ReaderPool::open(options, database_key));
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate
  std::unique_ptr<Impl> impl(
      new Impl{options.directory, std::move(lock), std::move(attachments), std::move(writer), std::move(readers)});
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Store::Reader& Store::reader() { return *impl_->readers; }
PeerNews& Store::news() { return impl_->writer->news(); }
std::shared_ptr<const core::Directory> Store::directory() const { return impl_->writer->known().directory; }
std::shared_ptr<const core::JointActBook> Store::joint_acts() const { return impl_->writer->known().joint_acts; }
std::shared_ptr<const UserRecord> Store::user(const Digest& certificate) const {
  const auto users = impl_->writer->known().users;
  const auto found = users->find(certificate);
  return found == users->end() ? nullptr : std::shared_ptr<const UserRecord>(users, &found->second);
}
crypto::Checkpoint Store::checkpoint() const { return impl_->writer->checkpoint(); }
const AttachmentFiles& Store::attachments() const { return impl_->attachments; }
TextNews Store::text_news() const { return impl_->writer->text_news(); }
std::string Store::checkpoint_note() const { return impl_->writer->checkpoint_note(); }
const crypto::PublicKey& Store::log_key() const { return impl_->writer->log_key(); }
std::uint64_t Store::epoch() const { return impl_->writer->epoch(); }
void Store::hold(Duration at_most) { impl_->writer->hold(at_most); }
void Store::release() { impl_->writer->release(); }
void Store::suspend(const std::string& why) { impl_->writer->suspend(why); }
std::optional<std::string> Store::suspended() const { return impl_->writer->suspended(); }
bool Store::full() const { return impl_->writer->full(); }
std::optional<core::ReasonCode> Store::why_unsigned() const { return impl_->writer->why_unsigned(); }
Tally Store::tally() const { return impl_->writer->tally(); }
const std::filesystem::path& Store::folder() const { return impl_->folder; }
void Store::post_all(std::vector<Work> works) { impl_->writer->post(std::move(works)); }

}  // namespace chancery::store
