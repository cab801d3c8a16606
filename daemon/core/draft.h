// A draft: what an officer wrote, before the daemon completes it to a statement.
#pragma once

#include "daemon/core/release.h"

namespace chancery::core {

struct DraftSource {
  MessageId id;
  Relation relation = Relation::quotes;
  Extent extent;
  bool operator==(const DraftSource&) const = default;
};

// What was uploaded for a draft: its line, and by which chunks it is compared with what is held.
struct DraftAttachment {
  AttachmentLine line;
  std::vector<Digest> chunks;  // leaf hashes of the plaintext
  bool operator==(const DraftAttachment&) const = default;
};

struct Draft {
  std::vector<std::string> recipients;  // authority ids
  std::string agreement;
  std::string kind;
  std::vector<std::string> directions;
  std::vector<std::string> threats;
  std::string classification;  // class of the own policy
  std::string review;          // date, empty when none
  std::vector<std::string> categories;
  std::vector<std::string> releasable_to;
  Precedence precedence = Precedence::routine;
  bool exercise = false;
  std::optional<Instant> expires;
  std::optional<MessageId> thread;
  std::optional<MessageId> in_reply_to;
  std::optional<MessageId> supersedes;
  std::vector<std::string> providers;  // joint providers beside the originator
  std::vector<DraftSource> sources;
  std::vector<IndependentSource> independent;  // none of them a source; an approver signs that
  std::vector<Fact> facts;
  std::vector<std::string> languages;  // of its texts
  std::vector<Bytes> parts;            // encoded parts, as they will be sealed; the registry number is not among them
  std::vector<DraftAttachment> attachments;  // the last of the parts open them, in this order
  bool operator==(const Draft&) const = default;
};

// The statement as far as it is known at preview: originator, own policy and its digest, sorted lists, the source lines
// with their digests, providers and inherited labels over the closure. `created` is world.now; parts, roots and wraps
// are left empty. A source that is not at hand keeps its line with an empty digest; the decision refuses it. A class or
// policy that is not known is kept as written; the decision refuses it too.
Message compose(const World& world, const Draft& draft, const SourceLookup& sources);

}  // namespace chancery::core
