// Before a draft of consent or of a joint act is agreed to: the sentence it signs.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/session.h"

namespace chancery::client {

// In the reader's language; what binds the authority (a grant, a joint act) in Chinese and Russian beside it, always.
// Empty for drafts of other kinds. Faults: E-FILE when a catalogue cannot be read: nobody signs what he was not shown.
Outcome<std::string> sentence_preview(Session& session, const v1::Draft& draft, const v1::PreviewResponse& preview);

// The number here of the request or grant a consent answers; empty when it is not found.
std::string number_of_answered(Session& session, const v1::ConsentView& consent);

}  // namespace chancery::client
