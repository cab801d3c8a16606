#include "daemon/service/compared_text.h"

#include <algorithm>

#include "crypto/attachment.h"
#include "daemon/service/sealing.h"
#include "daemon/wire/body.h"

namespace chancery::service {

namespace {

constexpr std::size_t kMaxPassage = 2'048;  // bytes

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }

bool has(const core::Extent& extent, std::uint32_t part) {
  return extent.is_all() || std::binary_search(extent.parts.begin(), extent.parts.end(), part);
}

// No indicator is written so.
constexpr char32_t kChunkMark = 0xFFFF;
constexpr std::uint64_t kLeastChunk = 64;  // bytes; what is shorter is alike by chance

// Each chunk is compared by the hash of its plaintext: the same file, or one that begins like it or differs in some
// places, shares most of them.
void add_chunks(const Bytes& part, std::uint32_t number, const ChunkHashes& chunks, ComparedText& out) {
  const auto manifest = wire::manifest_of(part);
  if (!manifest) return;
  const auto known = chunks.find(manifest->line.cipher_root);
  if (known == chunks.end()) return;
  for (std::uint64_t i = 0; i < known->second.size(); ++i) {
    if (crypto::place_of_chunk(i, manifest->line.length).size < kLeastChunk + crypto::kAeadTagSize) continue;
    std::u32string skeleton(1, kChunkMark);
    for (const auto c : to_hex(known->second[i].view())) skeleton.push_back(static_cast<unsigned char>(c));
    out.fields.push_back({number, manifest->name, std::move(skeleton)});
  }
}

}  // namespace

std::vector<ComparedText::Part> ComparedText::rows(const core::Extent& extent, bool within) const {
  std::vector<Part> all;
  bool goes_on = false;
  for (const auto& part : parts) {
    const bool wanted = has(extent, part.number) == within;
    if (wanted && goes_on)
      all.back().end = part.end;
    else if (wanted)
      all.push_back(part);
    goes_on = wanted;
  }
  return all;
}

core::Extent ComparedText::parts_of(std::size_t begin, std::size_t end) const {
  core::Extent out;
  for (const auto& part : parts)
    if (part.begin < end && begin < part.end) out.parts.push_back(part.number);
  return out;
}

std::string ComparedText::passage(std::size_t begin, std::size_t end) const {
  const std::size_t from = skeleton.at[begin];
  auto to = end < skeleton.at.size() ? skeleton.at[end] : text.size();
  to = std::min(to, from + kMaxPassage);
  while (to < text.size() && to > from && !begins_character(text[to])) --to;
  auto out = text.substr(from, to - from);
  out.erase(out.find_last_not_of(" \n") + 1);
  return out;
}

ComparedText compared_text(const core::Draft& draft) {
  ChunkHashes chunks;
  for (const auto& attachment : draft.attachments) chunks.emplace(attachment.line.cipher_root, attachment.chunks);
  return compared_text(draft.parts, {}, chunks);
}

ComparedText compared_text(std::span<const Bytes> parts, const core::Extent& extent, const ChunkHashes& chunks) {
  ComparedText out;
  std::vector<std::size_t> ends;  // in bytes
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = extent.is_all() ? static_cast<std::uint32_t>(i) : extent.parts.at(i);
    auto writing = wire::writing_of(parts[i]);
    out.text += writing.text;
    ends.push_back(out.text.size());
    out.parts.push_back({number});
    for (auto& indicator : writing.indicators) {
      auto skeleton = quotation::field_skeleton(indicator);
      if (!skeleton.empty()) out.fields.push_back({number, std::move(indicator), std::move(skeleton)});
    }
    if (!chunks.empty()) add_chunks(parts[i], number, chunks, out);
  }
  out.skeleton = quotation::skeleton(out.text);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& at = out.skeleton.at;
    const auto end = static_cast<std::size_t>(std::lower_bound(at.begin(), at.end(), ends[i]) - at.begin());
    out.parts[i].begin = begin;
    out.parts[i].end = end;
    begin = end;
  }
  return out;
}

Result<std::optional<ComparedText>> held_text(const Node& node, const core::MessageId& id) {
  const auto unreadable = [&id](const Error& error) {
    return fail(Errc::corrupt, "text of " + core::to_string(id) + ": " + error.detail);
  };
  const auto record = TRY(node.store.reader().message(id));
  if (record.sealed_key.empty()) return std::optional<ComparedText>();
  const auto message = core::Message::parse(record.statement.statement);
  if (!message.has_value()) return unreadable(message.error());
  const auto parts = open_held(node, record, *message);
  if (!parts.has_value()) return unreadable(parts.error());
  if (!record.extent.is_all() && record.extent.parts.size() != parts->size())
    return fail(Errc::corrupt, "text of " + core::to_string(id) + ": not the parts it is said to be");
  ChunkHashes chunks;
  if (!message->attachments.empty())
    for (const auto& attached : TRY(node.store.reader().attached(id)))
      if (auto attachment = TRY(node.store.reader().attachment(attached.root)))
        chunks.emplace(attached.root, std::move(attachment->plain));
  return std::optional(compared_text(*parts, record.extent, chunks));
}

}  // namespace chancery::service
