// The text of a message as it is compared with others, and in which of its parts it stands.
#pragma once

#include <map>

#include "daemon/core/draft.h"
#include "daemon/quotation/fingerprint.h"
#include "daemon/service/node.h"
#include "daemon/store/queries.h"

namespace chancery::service {

struct ComparedText {
  struct Part {
    std::uint32_t number = 0;
    std::size_t begin = 0;  // of its symbols
    std::size_t end = 0;
  };
  // An indicator, or a chunk of an attachment, which is compared whole.
  struct Field {
    std::uint32_t part = 0;
    std::string value;
    std::u32string skeleton;  // never empty
  };

  std::string text;
  quotation::Skeleton skeleton;
  std::vector<Part> parts;
  std::vector<Field> fields;

  // Parts in a row, of those that are within the extent or of the others: no run goes on from one row to the next.
  [[nodiscard]] std::vector<Part> rows(const core::Extent& extent, bool within) const;
  // The parts that have any of these symbols.
  [[nodiscard]] core::Extent parts_of(std::size_t begin, std::size_t end) const;
  // The characters of these symbols, and no half ones; not more than can be shown.
  [[nodiscard]] std::string passage(std::size_t begin, std::size_t end) const;
};

// Leaf hashes of the plaintext chunks of attachments, by their root.
using ChunkHashes = std::map<Digest, std::vector<Digest>>;

// `extent`: which parts of a message these are.
ComparedText compared_text(std::span<const Bytes> parts, const core::Extent& extent = {},
                           const ChunkHashes& chunks = {});
ComparedText compared_text(const core::Draft& draft);

// Of a message that is held. Nothing when its key is not here: erased, or come without it; then nobody here can read
// it. Errors: those of the store; corrupt when there is a key and it does not open.
Result<std::optional<ComparedText>> held_text(const Node& node, const core::MessageId& id);

}  // namespace chancery::service
