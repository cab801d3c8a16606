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

// Readers close first: the last connection, the writer's, moves the log into the database.
class Store::Impl {
 public:
  std::filesystem::path folder;
  FileLock lock;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<ReaderPool> readers;
};

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, const crypto::SecretBytes& database_key,
                                           Seams seams) {
  auto lock = TRY(lock_directory(options));
  auto database = TRY(open_database(options, database_key));
  const CheckpointFile file(options.directory / "checkpoint", options.authority);
  const auto checkpoint = TRY(file.read(seams.log_key.public_key()));
  CHECK_OK(check_rollback(*database, checkpoint));
  if (!checkpoint) {
    // Durable before the first entry: from then on a store without its checkpoint file is a finding.
    CHECK_OK(file.write({file.origin(), {0}, crypto::merkle_root({}), std::nullopt}, seams.log_key));
    CHECK_OK(file.sync());
  }
  auto writer = TRY(Writer::start(std::move(database), options, std::move(seams)));
  auto readers = TRY(ReaderPool::open(options, database_key));
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate
  std::unique_ptr<Impl> impl(new Impl{options.directory, std::move(lock), std::move(writer), std::move(readers)});
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Store::Reader& Store::reader() { return *impl_->readers; }
std::shared_ptr<const core::Directory> Store::directory() const { return impl_->writer->known().directory; }
std::shared_ptr<const core::JointActBook> Store::joint_acts() const { return impl_->writer->known().joint_acts; }
crypto::Checkpoint Store::checkpoint() const { return impl_->writer->checkpoint(); }
const std::filesystem::path& Store::folder() const { return impl_->folder; }
void Store::post_all(std::vector<Work> works) { impl_->writer->post(std::move(works)); }

}  // namespace chancery::store
