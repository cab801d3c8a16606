// What cn-example wrote to ru-example and ru passes on to kz-example under a detached grant, taken in step by step,
// without a network. The permission is registered from paper, because no crypto policy is in force here.
#pragma once

#include "daemon/service/arrival.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {

class PassingTest : public DeskTest {
 protected:
  PassingTest();
  using Words = std::vector<std::string>;

  test::DraftOptions terms(const std::string& uses = "1", const std::string& extent = "all",
                           Duration lasting = days(5));
  // Signed by two persons of cn, and taken in by both.
  std::string granted(const test::DraftOptions& options);
  std::string revoked(const std::string& grant);
  // Released by two persons of theirs.
  Outcome<wire::Accepted> released_by(test::ExampleAuthority& who, const test::DraftOptions& options);
  Outcome<wire::Accepted> released_by_ru(const test::DraftOptions& options);
  Outcome<wire::Accepted> forwarded(const std::string& extent = "all");

  // One message on its way, as the lane takes it and the receiver takes it in: "delivered", or why it did not go, or
  // why it was refused, or what was said of it.
  using Change = std::function<void(wire::MessageItem&)>;
  Words carry(test::ExampleAuthority& from, test::ExampleAuthority& to, const std::string& id,
              const Change& change = {});
  Words taken(test::ExampleAuthority& from, test::ExampleAuthority& to, wire::Frame& frame);
  // What the daemon of `from` says last by itself to `to`.
  std::string said_last(test::ExampleAuthority& from, test::ExampleAuthority& to);
  // What fsck finds in all three stores.
  std::vector<std::string> findings();

  test::ExampleAuthority kz_;
  std::string original_;
  std::uint64_t submissions_ = 1;
};

}  // namespace chancery::service
