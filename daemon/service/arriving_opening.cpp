// What has all its chunks: synced, and opened with the key that its message brings.
#include <future>
#include <system_error>

#include "crypto/attachment.h"
#include "daemon/service/arriving_attachments.h"

namespace chancery::service {

namespace {

constexpr std::uint64_t kOpenedAtOnce = std::uint64_t{1} << 20;  // bytes; more is opened beside the stream

Digest identity_of(const wire::Manifest& manifest) {
  return crypto::sha256({as_bytes(std::to_string(manifest.size)), manifest.plain_root.view(), manifest.key.view()});
}

// Not valid where there is no thread left: then it is done without.
template <class Work>
auto in_its_own_thread(Work work) -> std::future<decltype(work())> {
  try {
    return std::async(std::launch::async, std::move(work));
  } catch (const std::system_error&) {
    return {};
  }
}

}  // namespace

void ArrivingAttachments::complete(const Key& key) {
  const auto done = node_.store.attachments().complete(name_of(key));
  wire::AttachmentState state{key.second, 0, false, {}};
  {
    const std::lock_guard lock(mutex_);
    const auto known = arriving_.find(key);
    if (known == arriving_.end()) return;
    known->second.complete = done.has_value();
    state = state_of(key, known->second);
    if (!done.has_value()) {
      state.reasons.push_back(core::Reason{core::ReasonCode::disk_full, {}, {}, {}});
      forget(key);
    }
  }
  tell_(key.first, state);
}

std::variant<ArrivingAttachments::Opened, ArrivingAttachments::Shut> ArrivingAttachments::open(
    const std::string& peer, const wire::Manifest& manifest) {
  const Key key{peer, manifest.line.cipher_root};
  const auto identity = identity_of(manifest);
  {
    const std::lock_guard lock(mutex_);
    const auto known = arriving_.find(key);
    if (known == arriving_.end() || !known->second.complete || known->second.length != manifest.line.length)
      return Shut::incomplete;
    keep_place(arriving_, key, node_.clock.now());
    // One at a time: who names it with other keys, again and again, waits.
    const auto opening = openings_.find(key);
    if (opening != openings_.end() && (opening->second.identity == identity || !opening->second.done))
      return opening->second.outcome;
    openings_[key] = {identity, false, Shut::incomplete};
  }
  if (manifest.line.length <= kOpenedAtOnce) {
    auto outcome = open_file(key, manifest);
    if (!outcome) tell_(peer, {key.second, 0, false, {}});
    if (!outcome) return Shut::incomplete;
    const std::lock_guard lock(mutex_);
    openings_[key] = {identity, true, *outcome};
    return std::move(*outcome);
  }
  auto shared = std::make_shared<wire::Manifest>();
  shared->size = manifest.size;
  shared->key = manifest.key.clone();
  shared->plain_root = manifest.plain_root;
  shared->line = manifest.line;
  openers_.add([this, key, identity, shared] {
    auto outcome = open_file(key, *shared);
    wire::AttachmentState state{key.second, 0, false, {}};
    {
      const std::lock_guard lock(mutex_);
      const auto known = arriving_.find(key);
      if (known == arriving_.end()) return;
      if (outcome) openings_[key] = {identity, true, std::move(*outcome)};
      keep_place(arriving_, key, node_.clock.now());
      state = state_of(key, known->second);
    }
    tell_(key.first, state);
  });
  return Shut::incomplete;
}

ArrivingAttachments::Stretch ArrivingAttachments::open_stretch(const Key& key, const wire::Manifest& manifest,
                                                               std::uint64_t begin, std::uint64_t end,
                                                               bool with_sealed) const {
  Stretch out;
  const auto file = node_.store.attachments().read_whole(name_of(key));
  out.reads = file.has_value();
  for (auto i = begin; out.reads && i < end; ++i) {
    const auto place = crypto::place_of_chunk(i, manifest.line.length);
    const auto chunk = file->read(place.offset, place.size);
    out.reads = chunk.has_value();
    if (!out.reads) break;
    if (with_sealed) out.sealed.push_back(crypto::leaf_hash(*chunk));
    if (!out.opens) continue;
    const auto plain = crypto::open_chunk(manifest.key.view(), i, place.last, *chunk);
    out.opens = plain.has_value();
    if (out.opens) out.plain.push_back(crypto::leaf_hash(plain->view()));
  }
  return out;
}

// In two halves at once. What opens under the key is what was sealed under it: then the hashes from when the chunks
// were taken hold, and are not made again.
std::optional<std::variant<ArrivingAttachments::Opened, ArrivingAttachments::Shut>> ArrivingAttachments::open_file(
    const Key& key, const wire::Manifest& manifest) {
  const auto count = crypto::chunks_of(manifest.size);
  Opened out;
  out.root = key.second;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = arriving_.find(key); known != arriving_.end() && known->second.sealed.size() == count)
      out.sealed = known->second.sealed;
  }
  const auto open = [&](bool with_sealed) {
    const auto half = manifest.line.length > kOpenedAtOnce ? count / 2 : 0;
    std::future<Stretch> first;
    if (half > 0) first = in_its_own_thread([&] { return open_stretch(key, manifest, 0, half, with_sealed); });
    const auto from = first.valid() ? half : 0;
    auto rest = open_stretch(key, manifest, from, count, with_sealed);
    if (!first.valid()) return rest;
    auto whole = first.get();
    whole.plain.insert(whole.plain.end(), rest.plain.begin(), rest.plain.end());
    whole.sealed.insert(whole.sealed.end(), rest.sealed.begin(), rest.sealed.end());
    whole.opens = whole.opens && rest.opens;
    whole.reads = whole.reads && rest.reads;
    return whole;
  };
  auto opened = open(out.sealed.empty());
  if (opened.reads && !opened.opens && !out.sealed.empty()) {
    // Whose fault it is only the bytes tell.
    out.sealed.clear();
    opened = open(true);
  }
  if (out.sealed.empty()) out.sealed = std::move(opened.sealed);
  // The disk lost some of it: it comes again.
  if (!opened.reads || crypto::merkle_root(out.sealed) != key.second) {
    node_.store.attachments().forget(name_of(key));
    const std::lock_guard lock(mutex_);
    openings_.erase(key);
    if (const auto known = arriving_.find(key); known != arriving_.end()) {
      known->second.chunks = 0;
      known->second.complete = false;
      known->second.sealed.clear();
    }
    return std::nullopt;
  }
  if (!opened.opens || crypto::merkle_root(opened.plain) != manifest.plain_root) return Shut::unopenable;
  out.plain = std::move(opened.plain);
  return out;
}

}  // namespace chancery::service
