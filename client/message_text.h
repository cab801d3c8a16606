// Messages, previews and bodies as a person sees them. What others wrote is neutralised, and each of its lines begins
// with a bar, so that it cannot pass for a line of ours.
#pragma once

#include "client/data_names.h"

namespace chancery::client {

// Recipients and who is left out, label and markings, basis, what each recipient may do, the plan.
std::string preview_text(const v1::Draft& draft, const v1::PreviewResponse& preview, const DataNames& names,
                         const Catalogue& catalogue);

// The texts, indicators and notes an officer wrote.
std::string draft_text(const v1::Draft& draft, const Catalogue& catalogue);

// Everything about an opened message, its markings above and below.
std::string body_text(const v1::ReadBody& body, const DataNames& names, const Catalogue& catalogue);

// The stages, one line a recipient.
std::string deliveries_text(const v1::MessageView& message, const Catalogue& catalogue);

// The line of markings: the originator's and ours. Of any view with labels, own_label and own_marking.
std::string banner(const v1::MessageView& message, const DataNames& names, const Catalogue& catalogue);
// The same of what is exported: the first line of marking.txt beside it.
std::string banner(const v1::Evidence& evidence, const DataNames& names, const Catalogue& catalogue);

// For a terminal of so many columns (0: none): a longer line goes on under a bar when it began with one, else indented,
// so that nothing of it stands where our lines begin.
std::string folded(const std::string& text, std::size_t columns);

}  // namespace chancery::client
