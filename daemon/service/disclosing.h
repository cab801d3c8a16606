// Making public what a disclosure of ours says, once every provider has permitted this very step (protocol section 8).
#pragma once

#include "daemon/service/permits.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class Disclosing {
 public:
  Disclosing(Node node, Lanes lanes) : node_(std::move(node)), lanes_(std::move(lanes)) {}

  // The parts a released disclosure names, to be taken out of the house; an act with its entry. Waits some seconds for
  // permits of providers that can be reached. Refused: who may not read it, a permission that does not hold any more, a
  // permit that has not come (E-PERMIT-AWAITED).
  Outcome<wire::ReadView> publish(const core::User& caller, const std::string& name);

 private:
  Node node_;
  Lanes lanes_;
};

}  // namespace chancery::service
