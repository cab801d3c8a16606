#include "daemon/wire/desk.h"

#include <gmock/gmock.h>

#include "chancery/v1/desk.pb.h"
#include "daemon/wire/draft.h"

namespace chancery::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

template <class T>
std::string refusal(const Result<T>& result) {
  return result.has_value() ? "accepted" : result.error().detail;
}

Digest digest_of(std::string_view word) { return crypto::sha256(as_bytes(word)); }

v1::SubmitRequest submit_request() {
  v1::SubmitRequest request;
  request.mutable_draft()->set_kind("information");
  request.set_idempotency_key(std::string(16, 'k'));
  return request;
}

TEST(ToSubmission, KeepsTheDraftAsCarried) {
  auto request = submit_request();
  request.set_plan(to_string(digest_of("plan")));
  const auto read = to_submission(request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->draft, carried_bytes(request.draft()));
  EXPECT_EQ(read->key, to_bytes("kkkkkkkkkkkkkkkk"));
  EXPECT_EQ(read->plan, digest_of("plan"));
}

TEST(ToSubmission, RefusesWrongKeysAndPlans) {
  auto request = submit_request();
  request.set_idempotency_key("short");
  EXPECT_THAT(refusal(to_submission(request)), StartsWith("idempotency_key:"));
  request = submit_request();
  request.set_plan("SHA256:00");
  EXPECT_THAT(refusal(to_submission(request)), StartsWith("plan:"));
  request = submit_request();
  request.clear_draft();
  EXPECT_THAT(refusal(to_submission(request)), StartsWith("draft:"));
}

TEST(ToApproval, NeedsAPlanToRelease) {
  v1::ApproveRequest request;
  request.set_draft("DRAFT-3");
  EXPECT_THAT(refusal(to_approval(request)), StartsWith("plan:"));
  request.set_decline(true);
  const auto read = to_approval(request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->draft, 3u);
  EXPECT_EQ(draft_name(read->draft), "DRAFT-3");
}

TEST(ToApproval, KnowsOneSpellingOfADraft) {
  for (const auto* name : {"", "3", "DRAFT-", "DRAFT-0", "DRAFT-03", "DRAFT--1", "draft-3", "DRAFT-3 "})
    EXPECT_FALSE(parse_draft_name(name).has_value()) << name;
}

TEST(ToListQuery, HasDefaultsAndLimits) {
  v1::ListRequest request;
  EXPECT_THAT(refusal(to_list_query(request)), StartsWith("box:"));
  request.set_box(v1::BOX_OUTBOX);
  const auto read = to_list_query(request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->limit, 100u);
  request.set_limit(1001);
  EXPECT_THAT(refusal(to_list_query(request)), StartsWith("limit:"));
  request.set_limit(0);
  request.set_message("a b");
  EXPECT_THAT(refusal(to_list_query(request)), StartsWith("message:"));
  request.set_message("CN-2026-0001");
  request.set_box(static_cast<v1::Box>(77));
  EXPECT_THAT(refusal(to_list_query(request)), StartsWith("box:"));
}

TEST(ToEvidenceQuery, KnowsStagesAndAuthorities) {
  v1::ExportRequest request;
  EXPECT_THAT(refusal(to_evidence_query(request)), StartsWith("message:"));
  request.set_message("CN-2026-0001");
  request.set_receipt("seen");
  EXPECT_THAT(refusal(to_evidence_query(request)), StartsWith("receipt:"));
  request.set_receipt("delivered");
  request.set_recipient("RU");
  EXPECT_THAT(refusal(to_evidence_query(request)), StartsWith("recipient:"));
  request.set_recipient("ru-example");
  const auto read = to_evidence_query(request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->receipt, core::Stage::delivered);
}

TEST(ToEvidenceQuery, AsksForAReceiptOrForTheHandling) {
  v1::ExportRequest request;
  request.set_message("CN-2026-0001");
  request.set_handling(true);
  EXPECT_TRUE(to_evidence_query(request)->handling);
  request.set_receipt("delivered");
  EXPECT_THAT(refusal(to_evidence_query(request)), StartsWith("handling:"));
}

TEST(ToHandlingRequest, ChecksFormsAndSortsCategories) {
  v1::HandleRequest request;
  EXPECT_THAT(refusal(to_handling_request(request)), StartsWith("message:"));
  request.set_message("IN-2026-0001");
  EXPECT_THAT(refusal(to_handling_request(request)), StartsWith("label:"));
  request.set_label("restricted");
  request.set_review("2027-02-30");
  EXPECT_THAT(refusal(to_handling_request(request)), StartsWith("review:"));
  request.set_review("2027-02-28");
  request.add_categories("personal-data");
  request.add_categories("judicial");
  EXPECT_THAT(to_handling_request(request)->categories, ElementsAre("judicial", "personal-data"));
  request.add_categories("Not a category");
  EXPECT_THAT(refusal(to_handling_request(request)), StartsWith("categories:"));
}

TEST(ToNewUser, RefusesWhatIsNoCertificate) {
  v1::AddUserRequest request;
  EXPECT_THAT(refusal(to_new_user(request)), StartsWith("name:"));
  request.set_name("li");
  request.set_role("king");
  EXPECT_THAT(refusal(to_new_user(request)), StartsWith("role:"));
  request.set_role("officer");
  request.set_certificate("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(refusal(to_new_user(request)), StartsWith("certificate:"));
}

TEST(ToAnchorCheck, WantsTheWholeDigest) {
  v1::VerifyPeerRequest request;
  request.set_authority("ru-example");
  request.set_anchor("sha256:abcd");
  EXPECT_THAT(refusal(to_anchor_check(request)), StartsWith("anchor:"));
  request.set_anchor(to_string(digest_of("anchor")));
  EXPECT_EQ(to_anchor_check(request)->anchor, digest_of("anchor"));
}

TEST(ToLabelQuery, ChecksForms) {
  v1::CheckLabelRequest request;
  EXPECT_THAT(refusal(to_label_query(request)), StartsWith("label:"));
  request.set_label("open");
  request.set_agreement("sco-2009");
  request.add_recipients("ru-example");
  request.add_recipients("kz-example");
  request.add_recipients("ru-example");
  EXPECT_THAT(to_label_query(request)->recipients, ElementsAre("kz-example", "ru-example"));
}

TEST(ToProto, WritesALabelPolicyWithItsCategories) {
  core::LabelPolicy policy;
  policy.classes.push_back({"restricted", 1, true, false, {}, {{"zh", "限制传播"}}, true, 30});
  policy.categories.push_back({"team", core::CategoryKind::permissive, {}, {{"ru", "ДЛЯ ГРУППЫ"}}});
  v1::LabelPolicyView out;
  to_proto(policy, true, out);
  EXPECT_TRUE(out.classes(0).review_required());
  EXPECT_EQ(out.classes(0).review_within_days(), 30u);
  EXPECT_EQ(out.categories(0).id(), "team");
  EXPECT_EQ(out.categories(0).kind(), "permissive");
  EXPECT_EQ(out.categories(0).marking().text().at("ru"), "ДЛЯ ГРУППЫ");
}

TEST(ToProto, WritesARefusalWithAllReasons) {
  core::Decision decision;
  decision.add({core::ReasonCode::consent_required, "S6.9", "6(3)", "kz-example"});
  decision.add({core::ReasonCode::clock_ahead, "", "", ""});
  v1::Refusal out;
  to_proto(decision, "sco-2009", out);
  ASSERT_EQ(out.reasons_size(), 2);
  EXPECT_EQ(out.reasons(0).code(), "E-CONSENT-REQUIRED");
  EXPECT_EQ(out.reasons(0).clause(), "S6.9");
  EXPECT_EQ(out.reasons(0).article(), "6(3)");
  EXPECT_EQ(out.reasons(0).subject(), "kz-example");
  EXPECT_EQ(out.agreement(), "sco-2009");
  EXPECT_FALSE(out.deferred());
}

TEST(ToProto, WritesARefusalIntoAPreviewOnlyWhenThereIsOne) {
  Preview preview;
  v1::PreviewResponse out;
  to_proto(preview, out);
  EXPECT_FALSE(out.has_refusal());
  preview.decision.add({core::ReasonCode::kind_unknown, "", "", ""});
  to_proto(preview, out);
  EXPECT_TRUE(out.has_refusal());
}

TEST(ToProto, WritesAMessageWithItsStagesAndLabels) {
  MessageView view;
  view.message.originator = "cn-example";
  view.message.labels = {{"cn-example", 1, "restricted", "", {}}};
  view.deliveries.push_back({"ru-example", "queued", std::nullopt, 2, Instant{1000}, {}, "E-KEY-UNKNOWN"});
  v1::MessageView out;
  to_proto(view, out);
  EXPECT_THAT(out.labels(), ElementsAre("cn-example/1 restricted -"));
  ASSERT_EQ(out.deliveries_size(), 1);
  EXPECT_EQ(out.deliveries(0).time(), "");
  EXPECT_EQ(out.deliveries(0).next_attempt(), "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(out.deliveries(0).waiting_for(), "E-KEY-UNKNOWN");
  EXPECT_EQ(out.expires(), "");
}

TEST(ToProto, WritesEveryKindOfItemOfAnAgreement) {
  core::Agreement agreement;
  agreement.id = "sco-2009";
  for (const auto kind :
       {core::ItemKind::threat, core::ItemKind::direction, core::ItemKind::concept_term, core::ItemKind::definition})
    agreement.items.push_back({"code", kind, "2(3)", {{"en", "Text"}}, {}, "A", ""});
  agreement.articles["6(3)"] = {{"en", "Article"}};
  v1::AgreementView out;
  to_proto(agreement, out);
  ASSERT_EQ(out.items_size(), 4);
  EXPECT_EQ(out.items(0).kind() + out.items(1).kind() + out.items(2).kind() + out.items(3).kind(),
            "threatdirectiontermdefinition");
  EXPECT_EQ(out.articles().at("6(3)").text().at("en"), "Article");
}

TEST(EncodeDesignation, ComesBackTheSame) {
  DesignationItem item;
  item.signature.key_id = digest_of("anchor");
  item.signature.signing_time = 1790000000;
  item.signature.signature = to_bytes("signature");
  item.signature.statement = "chancery/batch/v1\n";
  item.statement = "chancery/designation/v1\n";
  item.certificates = {to_bytes("anchor certificate"), to_bytes("sign certificate")};
  const auto read = decode_designation(encode_designation(item));
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_EQ(*read, item);
}

TEST(DecodeDesignation, RefusesOtherBytes) { EXPECT_FALSE(decode_designation(to_bytes("no bundle")).has_value()); }

}  // namespace
}  // namespace chancery::wire
