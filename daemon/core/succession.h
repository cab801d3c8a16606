// Succession: a Party's anchor designates an authority that answers for another of its authorities (protocol sections 1
// and 8). From then on the successor permits, refuses, revokes and is told; what its predecessor signed before stays as
// written. Pure; a function of the directory alone.
#pragma once

#include "daemon/core/decision.h"
#include "daemon/core/directory.h"

namespace chancery::core {

struct Successor {
  std::string authority;
  Instant from;  // answers from here on, inclusive
  bool operator==(const Successor&) const = default;
};

// Who answered for an authority, from when: itself, then its successors, `from` never decreasing.
struct Succession {
  std::string authority;
  std::vector<Successor> successors;
  bool operator==(const Succession&) const = default;

  // Who answers at this time.
  [[nodiscard]] const std::string& answering(Instant at) const;
  // Whether this one answers then, or did before: what it decided still stands.
  [[nodiscard]] bool has_answered(std::string_view who, Instant at) const;
};

// As the verified designations say: a successor counts from the earliest validity of a designation that names its
// predecessor, if both are of one Party under one anchor, neither is unverified, and the predecessor was designated
// before. It stays one when later designations name nobody or another predecessor. Of several the earliest counts, then
// the smaller id.
Succession succession_of(const Directory& directory, const std::string& authority);

// Who answers for an authority at this time; itself when nobody succeeded it.
std::string answering(const Directory& directory, const std::string& authority, Instant at);

// Why this designation's `succeeds` would not count beside what the directory holds, its authority's own designations
// among it: succession_unknown (no such predecessor), succession_party (another Party or anchor), succession_early,
// succession_taken (another succeeded it), succession_circular. Nothing: it names nobody, or it counts.
std::optional<ReasonCode> succession_fault(const Directory& directory, const Designation& next, const Digest& anchor);

}  // namespace chancery::core
