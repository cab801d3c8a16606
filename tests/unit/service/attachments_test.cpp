// What an officer uploads.
#include <gmock/gmock.h>

#include "chancery/v1/desk.pb.h"
#include "crypto/sealing.h"
#include "daemon/service/attachment_desk.h"
#include "daemon/service/sealing.h"
#include "tests/unit/service/peer_fixture.h"
#include "tests/unit/service/sealed_file.h"

namespace chancery::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UploadTest : public PeerTest {
 protected:
  UploadTest() : reading_(cn_.node(), {}), desk_(cn_.node(), reading_) {}

  std::unique_ptr<Upload> begin(const File& file, const core::User& caller = test::officer()) {
    auto begun = desk_.begin(caller, file.manifest).value();
    auto* upload = std::get_if<std::unique_ptr<Upload>>(&begun);
    return upload != nullptr ? std::move(*upload) : nullptr;
  }
  static Result<void> take(Upload& upload, const File& file, std::uint64_t index) {
    const auto begin = static_cast<std::size_t>(index) * crypto::kChunkSize;
    return upload.take(BytesView(file.plain).subspan(begin, std::min(crypto::kChunkSize, file.plain.size() - begin)));
  }
  Digest upload(const File& file) {
    auto upload = begin(file);
    for (auto at = upload->from(); at < file.plain.size(); at += crypto::kChunkSize)
      EXPECT_TRUE(take(*upload, file, at / crypto::kChunkSize).has_value());
    return upload->finish().value();
  }

  Reading reading_;
  AttachmentDesk desk_;
};

TEST_F(UploadTest, IsSealedUnderAKeyOfItsOwnAndOpensToWhatWasBrought) {
  const File file(600'000);
  const auto root = upload(file);
  const auto record = cn_.store().reader().attachment(root).value();
  ASSERT_TRUE(record.has_value());
  const auto part = crypto::open_at_rest(cn_.node().storage_key.view(), root.view(), record->sealed_manifest).value();
  const auto manifest = wire::manifest_of(part.view());
  ASSERT_TRUE(manifest.has_value());
  EXPECT_EQ(manifest->plain_root, file.manifest.plain_root);
  EXPECT_EQ(crypto::merkle_root(record->sealed), root);
  const auto chunks = cn_.store().attachments().read(root).value();
  Bytes opened;
  for (std::uint64_t i = 0; i < file.chunks.size(); ++i) {
    const auto place = crypto::place_of_chunk(i, manifest->line.length);
    const auto sealed = chunks.read(place.offset, place.size).value();
    append(opened, crypto::open_chunk(manifest->key.view(), i, place.last, sealed).value().view());
  }
  EXPECT_EQ(opened, file.plain);
  EXPECT_NE(to_hex(manifest->key.view()), to_hex(file.manifest.key.view()));
}

TEST_F(UploadTest, OfTheSameFileIsTheSameUpload) {
  const File file(600'000);
  const auto root = upload(file);
  EXPECT_EQ(upload(file), root);
  EXPECT_NE(upload(File(600'000, 2)), root);
}

TEST_F(UploadTest, GoesOnWhereItWas) {
  const File file(1'000'000);
  {
    auto first = begin(file);
    EXPECT_TRUE(take(*first, file, 0).has_value());
    EXPECT_TRUE(take(*first, file, 1).has_value());
    // Nobody else writes there meanwhile.
    EXPECT_EQ(begin(file), nullptr);
  }
  EXPECT_EQ(begin(file)->from(), 2 * crypto::kChunkSize);
  EXPECT_TRUE(cn_.store().attachments().read(upload(file)).has_value());
}

TEST_F(UploadTest, OfOtherBytesThanAnnouncedIsNotKept) {
  const File file(300'000), other(300'000, 2);
  auto lie = begin(file);
  EXPECT_FALSE(lie->finish().has_value());
  EXPECT_FALSE(lie->take(some_bytes(100)).has_value());
  EXPECT_TRUE(take(*lie, other, 0).has_value());
  EXPECT_TRUE(take(*lie, other, 1).has_value());
  EXPECT_FALSE(take(*lie, other, 1).has_value());
  EXPECT_EQ(lie->finish().error().code, Errc::malformed);
  lie.reset();
  EXPECT_EQ(begin(file)->from(), 0u);
}

TEST_F(UploadTest, IsOfWhoBroughtItAlone) {
  const auto root = upload(File(300'000));
  const auto node = cn_.node();
  EXPECT_TRUE(uploaded(node, test::officer().name)(root).has_value());
  EXPECT_EQ(uploaded(node, "somebody")(root).error().code, Errc::not_found);
  EXPECT_EQ(begin(File(300'000), test::auditor()), nullptr);
}

// What waits to go has its number, and so many may be announced and not answered (protocol section 5).
TEST_F(UploadTest, IsNotReleasedBesideTooManyThatWait) {
  const auto wait = [&](core::ReasonCode code, std::uint64_t count) {
    for (; count > 0; --count)
      EXPECT_TRUE(cn_.store().run<void>(1, [&](store::Transaction& tx) -> Result<void> {
        TRY(tx.record_dispatch("ru-example", core::DispatchMessage{{crypto::sha256(random_.bytes(8)).value}},
                               core::Precedence::routine, core::to_string(code)));
        return {};
      }));
  };
  auto with_file = test::submission({}, 2);
  v1::Draft draft;
  ASSERT_TRUE(draft.ParseFromArray(with_file.draft.data(), static_cast<int>(with_file.draft.size())));
  draft.add_attachments()->set_root(to_string(upload(File(1000))));
  const auto bytes = draft.SerializeAsString();
  with_file.draft = Bytes(bytes.begin(), bytes.end());
  wait(core::ReasonCode::permit_awaited, 100);
  wait(core::ReasonCode::attachment_incomplete, kMaxAwaitingAttachments - 101);
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), with_file)), IsEmpty());
  with_file.key = test::submission({}, 3).key;
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), with_file)), ElementsAre("E-ATTACHMENTS-WAITING"));
  // Without one it goes, and beside those that may still wait for permits there is room for it in the window.
  EXPECT_THAT(codes_of(submit_.submit(test::officer(), test::submission({}, 4))), IsEmpty());
  static_assert(kMaxAwaitingAttachments + kMaxAwaitingPermits < core::kMissingWindow - 256);
}

TEST_F(UploadTest, ThatNobodyUsesIsRemoved) {
  const auto root = upload(File(300'000));
  clock_.advance(hours(25));
  const auto before = clock_.now() - kKeepUnfinished;
  ASSERT_TRUE(cn_.store().run<void>(0, [&](store::Transaction& tx) { return tx.drop_unused_uploads(before); }));
  EXPECT_FALSE(cn_.store().reader().attachment(root).value().has_value());
  EXPECT_EQ(cn_.store().attachments().read(root).error().code, Errc::not_found);
}

}  // namespace
}  // namespace chancery::service
