// Attachments on their way in (protocol section 3): chunks are taken in order, each proved against its root before it
// is written, and the whole is opened with the key its message brings. What is not of an accepted message yet belongs
// to the peer it comes from: that another sent the same tells nobody anything.
//
// Thread-safe. Chunks are checked and written on the thread of their stream; what else waits for the disk, and opening
// what is large, is done by threads of its own, so that messages pass meanwhile.
#pragma once

#include <mutex>
#include <variant>

#include "daemon/service/arriving_share.h"
#include "daemon/service/errands.h"
#include "daemon/service/node.h"
#include "daemon/wire/body.h"
#include "daemon/wire/frame.h"

namespace chancery::service {

// Unfinished for so long without a new chunk: removed, as unfinished uploads are.
inline constexpr Duration kKeepUnfinished = hours(24);

class ArrivingAttachments {
 public:
  // Says how far an attachment is, where that could not be answered at once.
  using Tell = std::function<void(const std::string& peer, const wire::AttachmentState& state)>;
  ArrivingAttachments(Node node, Tell tell) : node_(std::move(node)), tell_(std::move(tell)) {}
  ~ArrivingAttachments() { stop(); }
  ArrivingAttachments(const ArrivingAttachments&) = delete;
  ArrivingAttachments& operator=(const ArrivingAttachments&) = delete;

  // Of one message whose dispatch is recorded, all at once: from where on chunks are taken. `held`: roots that are here
  // already, from this peer. Waits for the disk: on the thread of `soon`, never on the writer's.
  std::vector<wire::AttachmentState> offered(const std::string& peer, const std::vector<wire::AttachmentOffer>& offers,
                                             const std::set<Digest>& held);
  void soon(std::function<void()> work) { files_.add(std::move(work)); }
  // Nothing was written: it was not offered, or is not the chunk it says; or we have given up what it belongs to, which
  // is not the peer's fault.
  struct Useless {
    bool ours = false;
  };
  // How far it is now, where that is worth saying.
  std::variant<Useless, std::optional<wire::AttachmentState>> take(const std::string& peer,
                                                                   const wire::AttachmentChunk& chunk);

  // What is complete, opened with its key: every chunk, and the tree over all of them.
  struct Opened {
    Digest root;
    std::vector<Digest> plain, sealed;  // leaf hashes
  };
  enum class Shut {
    incomplete,  // not all there, or still being opened: the peer hears when it is
    unopenable,  // its bytes are those of its root, and are not what the manifest says
  };
  std::variant<Opened, Shut> open(const std::string& peer, const wire::Manifest& manifest);

  // Durable under its root: before the act that accepts its message, which only looks whether it still is.
  // not_found: it is gone, and comes again.
  Result<void> adopt(const std::string& peer, const Digest& root);
  [[nodiscard]] bool is_adopted(const std::string& peer, const Digest& root) const;
  // The message was accepted, or refused for good.
  void settle(const std::string& peer, const core::MessageId& message);
  // Removes what nobody went on with. Waits for the disk.
  void expire();
  // Tells nobody anything any more.
  void stop();

 private:
  using Key = ArrivingKey;
  struct Opening {
    Digest identity;  // of the manifest
    bool done = false;
    std::variant<Opened, Shut> outcome = Shut::incomplete;
  };

  [[nodiscard]] static std::string name_of(const Key& key);
  [[nodiscard]] Arriving resumed(const Key& key, std::uint64_t length, bool held) const;
  [[nodiscard]] AllArriving unknown_of(const std::string& peer, const std::vector<wire::AttachmentOffer>& offers,
                                       const std::set<Digest>& held);
  [[nodiscard]] Admission let_in(const std::string& peer, const std::vector<wire::AttachmentOffer>& offers,
                                 AllArriving fresh, std::uint64_t room);
  [[nodiscard]] std::optional<core::ReasonCode> take_place(const Key& key, std::uint64_t room);
  [[nodiscard]] wire::AttachmentState state_of(const Key& key, const Arriving& arriving) const;
  void forget(const Key& key);
  std::vector<Key> leave_out(const std::string& peer, const core::MessageId& message);
  void remove(const std::vector<Key>& keys);
  void complete(const Key& key);
  struct Stretch {
    std::vector<Digest> plain, sealed;
    bool opens = true;
    bool reads = true;
  };
  [[nodiscard]] Stretch open_stretch(const Key& key, const wire::Manifest& manifest, std::uint64_t begin,
                                     std::uint64_t end, bool with_sealed) const;
  // Nothing: its bytes were not those of its root, and are gone.
  std::optional<std::variant<Opened, Shut>> open_file(const Key& key, const wire::Manifest& manifest);

  const Node node_;
  const Tell tell_;
  mutable std::mutex mutex_;         // not held while the disk is waited for
  AllArriving arriving_;             // guarded by mutex_
  std::map<Key, Opening> openings_;  // guarded by mutex_
  std::set<Key> given_up_;           // guarded by mutex_; lately
  Errands files_;                    // last: these use all the others
  Errands openers_;
};

}  // namespace chancery::service
