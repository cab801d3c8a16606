// An empty notice to fill in.
#pragma once

#include "client/agreement_data.h"
#include "client/catalogue.h"

namespace chancery::client {

// Front matter with every key and the agreement's threats and directions in comments, then a section a language.
std::string draft_template(const AgreementOutline& agreement, const std::vector<std::string>& languages,
                           const Catalogue& catalogue);

}  // namespace chancery::client
