// The last own checkpoint, in a file outside the state folder: a store that was put back to an older copy, or that runs
// a second time somewhere else, is found against it. Compare-and-swap, as Sunlight's lock backend (sunlight.dev): who
// moves it on first looks whether it is still what he left there. Internal to this folder.
//
// Two slots, written in turn and in place: a write that is torn leaves the other slot, and a full disk stops none.
// Not synced by itself: a lost write leaves an older checkpoint, which is still true.
#pragma once

#include <array>
#include <filesystem>

#include "crypto/checkpoint.h"

namespace chancery::store {

// "chancery/<authority>/<epoch>".
std::string checkpoint_origin(const std::string& authority, std::uint64_t epoch);
// corrupt when it is another authority's.
Result<std::uint64_t> epoch_of(const crypto::Checkpoint& checkpoint, const std::string& authority);

class OwnCheckpoint {
 public:
  enum class Missing { make, leave };
  // Locked until this is gone: busy when another process has it. corrupt: neither slot has a checkpoint of this key and
  // authority, and something stands there; or the two are of one size with two roots, which no one instance signs.
  static Result<OwnCheckpoint> open(const std::filesystem::path& file, const std::string& authority,
                                    const crypto::PublicKey& log_key, Missing missing);
  OwnCheckpoint(OwnCheckpoint&& other) noexcept;
  OwnCheckpoint& operator=(OwnCheckpoint&&) = delete;
  OwnCheckpoint(const OwnCheckpoint&) = delete;
  OwnCheckpoint& operator=(const OwnCheckpoint&) = delete;
  ~OwnCheckpoint();

  // Nothing before the first.
  [[nodiscard]] const std::optional<crypto::Checkpoint>& last() const { return last_; }
  // Whether last() still stands there. conflict: something else does, or another file: another instance went on.
  // unavailable: nobody can tell now (it cannot be found or read), and may be able to again.
  [[nodiscard]] Result<void> check() const;
  // Those of `check`, and unavailable when it could not be written; nothing is written after a conflict.
  Result<void> advance(const crypto::Checkpoint& checkpoint, const std::string& note);
  Result<void> sync() const;

 private:
  static constexpr std::size_t kSlot = 2048;
  static constexpr std::size_t kSlots = 2;
  using Image = std::array<char, kSlot * kSlots>;

  OwnCheckpoint(std::filesystem::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}
  [[nodiscard]] Result<Image> image() const;
  Result<void> load(const std::string& authority, const crypto::PublicKey& log_key);
  [[nodiscard]] Result<bool> is_in_its_place() const;
  Result<void> write_next(const Image& image);

  std::filesystem::path file_;
  int descriptor_;
  Image known_{};
  std::size_t next_ = 0;  // slot
  bool torn_ = false;     // a write of ours into it failed: anything may stand there
  std::optional<crypto::Checkpoint> last_;
};

}  // namespace chancery::store
