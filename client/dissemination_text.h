// Where a message of ours is: its own recipients, and below each what it passed on to whom. Pure.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/catalogue.h"

namespace chancery::client {

// A table whose first column is the tree, two spaces a level. Every step stands in it once; steps of a holder of whom
// nothing is known how he came by it stand at the end, below his name.
std::string dissemination_text(const v1::ShowDisseminationResponse& response, const Catalogue& catalogue);

// Everybody it was passed on to, once each, in order of time.
std::vector<std::string> receivers_of(const v1::ShowDisseminationResponse& response);

}  // namespace chancery::client
