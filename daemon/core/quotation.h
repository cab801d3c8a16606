// Quoted text is named: a draft that has a run of text of a restricted message held here says that it was made of it,
// or an approver signs that it was not. Which texts share a run is found outside (daemon/quotation); here it is
// decided what that means. Pure.
#pragma once

#include "daemon/core/access.h"
#include "daemon/core/provenance.h"

namespace chancery::core {

// A message held here whose text a draft has, too.
struct Quoted {
  MessageId id;
  Message message;
  Extent parts = {};  // of it, whose text that is
};

struct Quotes {
  std::vector<Quoted> found;
  bool complete = true;  // every message held was looked at
};

// Both passages of one.
struct Passage {
  MessageId source;
  std::string number;  // how the source is called here
  std::string here;    // as it stands in the draft
  std::string there;   // as it stands in the source
  bool operator==(const Passage&) const = default;
};

// Whether `message`, made of what it names, has to name this one as well, or more of it. Not: what is not restricted;
// one of its sources, or a source of these, as far as it uses that (`used_of`): permission is asked for no more; one it
// is said to be independent of; and one of our own that would add nothing: no provider, no label.
bool must_be_named(const World& world, const Message& message, const SourceLookup& sources,
                   const std::vector<IndependentSource>& independent, const Quoted& quoted);

// Refuses for each that has to be named, with its short id; defers while not everything was looked at.
Decision decide_quotation(const World& world, const Message& message, const SourceLookup& sources,
                          const std::vector<IndependentSource>& independent, const Quotes& quotes);

}  // namespace chancery::core
