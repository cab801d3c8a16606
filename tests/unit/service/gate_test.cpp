#include "daemon/service/gate.h"

#include "daemon/service/carried.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {
namespace {

class PassageGate : public DeskTest {
 protected:
  bool lets_go(Passage passage) {
    store::OutgoingMessage message;
    return passage_gate(cn_.node(), "ru-example", message, passage);
  }
};

TEST_F(PassageGate, LetsGoWhatMissesNoPermitAndHasItsWayOpen) {
  Passage missing, closed, both;
  missing.missing.emplace_back("kz-example", core::PermitRequest());
  closed.closed = core::ReasonCode::copy_locked;
  both.missing = missing.missing;
  both.closed = closed.closed;
  EXPECT_TRUE(lets_go({}));
  EXPECT_FALSE(lets_go(missing));
  EXPECT_FALSE(lets_go(closed));
  EXPECT_FALSE(lets_go(both));
}

}  // namespace
}  // namespace chancery::service
