#include "daemon/wire/frame.h"

#include <algorithm>

#include <google/protobuf/unknown_field_set.h>

#include "chancery/v1/peer_exchange.pb.h"
#include "daemon/core/message.h"

namespace chancery::wire {

namespace {

// Beside the limits of the statements themselves (protocol section 6); the frame's own size bounds everything else.
constexpr std::size_t kMaxSignature = 512;
constexpr std::size_t kMaxBatchStatement = 1024;
constexpr int kMaxCertificates = 32;
constexpr std::size_t kMaxCertificate = 16 * 1024;
constexpr int kMaxReasons = 64;
constexpr std::size_t kMaxWord = 256;
constexpr int kMaxCheckpoints = 16;
constexpr std::size_t kMaxCheckpoint = 4096;
constexpr std::size_t kMaxKey = 256;
constexpr int kMaxSources = 512;  // a closure, and the grants it goes on under
constexpr int kMaxPermits = 256;
constexpr int kMaxPermitRequests = 256;
constexpr int kMaxOffers = 256;                               // a frame; the others come with the next
constexpr std::size_t kMaxWrap = 256 + 32 * core::kMaxParts;  // a key a part
constexpr std::size_t kHash = 32;
constexpr std::size_t kPermitRequestSize = 256;  // about
constexpr std::size_t kOverhead = 16;            // tags and lengths of one item, about

tl::unexpected<Error> malformed(const char* what) { return fail(Errc::malformed, what); }

// What we do not know could change the meaning of what we do know.
template <class M>
bool known(const M& message) {
  return message.GetReflection()->GetUnknownFields(message).empty();
}

bool printable(const std::string& text, std::size_t limit) {
  return text.size() <= limit &&
         std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

Result<std::string> to_statement(const std::string& bytes) {
  if (bytes.empty() || bytes.size() > core::kMaxStatementSize) return malformed("statement: empty or too long");
  return bytes;
}

Result<std::vector<Digest>> to_hashes(const std::string& bytes, std::size_t at_most, const char* what) {
  if (bytes.size() % kHash != 0 || bytes.size() / kHash > at_most) return malformed(what);
  std::vector<Digest> hashes(bytes.size() / kHash);
  for (std::size_t i = 0; i < hashes.size(); ++i)
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * kHash), kHash, hashes[i].value.begin());
  return hashes;
}

Result<crypto::Path> to_path(std::uint32_t leaf, const std::string& bytes) {
  if (leaf >= crypto::kMaxBatchLeaves) return malformed("leaf: not in a batch");
  auto hashes = TRY(to_hashes(bytes, 8, "path: not hashes of a batch"));
  return crypto::Path{leaf, std::move(hashes)};
}

Result<crypto::BatchSignature> to_signature(const v1::SignatureBlock& block) {
  if (!known(block)) return malformed("signature: unknown field");
  if (block.signature().size() > kMaxSignature) return malformed("signature: too long");
  if (block.batch().size() > kMaxBatchStatement) return malformed("batch statement: too long");
  crypto::BatchSignature out;
  out.suite = TRY(crypto::parse_suite(block.suite()));
  out.key_id = TRY(to_digest(as_bytes(block.key_id())));
  out.signing_time = block.signing_time();
  out.signature = to_bytes(block.signature());
  out.statement = block.batch();
  return out;
}

Result<Proven> to_proven(const v1::Signed& item, std::size_t signatures) {
  if (!known(item) || item.proofs_size() != 1) return malformed("statement: not under exactly one signature");
  const auto& proof = item.proofs(0);
  if (!known(proof) || proof.signature() >= signatures) return malformed("proof: points to no signature");
  Proven out;
  out.statement = TRY(to_statement(item.statement()));
  out.signature = proof.signature();
  out.path = TRY(to_path(proof.leaf(), proof.path()));
  return out;
}

template <class List>
Result<std::vector<Proven>> to_proven_list(const List& items, std::size_t signatures) {
  std::vector<Proven> out;
  out.reserve(static_cast<std::size_t>(items.size()));
  for (const auto& item : items) out.push_back(TRY(to_proven(item, signatures)));
  return out;
}

template <class List>
std::vector<Bytes> to_bytes_list(const List& items) {
  std::vector<Bytes> out;
  out.reserve(static_cast<std::size_t>(items.size()));
  for (const auto& item : items) out.push_back(to_bytes(item));
  return out;
}

Result<crypto::PartLeaves> to_leaves(const std::string& bytes) {
  if (bytes.size() != 2 * kHash) return malformed("forwarded: not the two leaves of a part");
  const auto all = as_bytes(bytes);
  crypto::PartLeaves leaves;
  leaves.body = TRY(to_digest(all.first(kHash)));
  leaves.cipher = TRY(to_digest(all.subspan(kHash)));
  return leaves;
}

Result<CarriedMessage> to_carried(const v1::CarriedMessage& item, std::size_t signatures) {
  if (!known(item)) return malformed("forwarded: unknown field");
  if (!item.has_statement()) return malformed("forwarded: no statement");
  if (item.ciphertexts_size() > static_cast<int>(core::kMaxParts)) return malformed("forwarded: too many parts");
  CarriedMessage out;
  out.statement = TRY(to_proven(item.statement(), signatures));
  out.ciphertexts = to_bytes_list(item.ciphertexts());
  out.wraps = to_bytes(item.wraps());
  out.forwarder_wrap = to_bytes(item.forwarder_wrap());
  if (item.grant_wrap().size() > kMaxWrap) return malformed("grant wrap: too long");
  out.grant_wrap = to_bytes(item.grant_wrap());
  if (item.omitted_size() > static_cast<int>(core::kMaxParts)) return malformed("forwarded: too many parts left out");
  for (const auto& leaves : item.omitted()) out.omitted.push_back(TRY(to_leaves(leaves)));
  return out;
}

template <class Items, class Wraps>
Result<std::vector<PermitItem>> to_permits(const Items& items, const Wraps& wraps, std::size_t signatures) {
  if (items.size() != wraps.size()) return malformed("permits: not one wrap each");
  if (items.size() > kMaxPermits) return malformed("permits: too many");
  std::vector<PermitItem> out;
  for (int i = 0; i < items.size(); ++i) {
    if (wraps[i].size() > kMaxWrap) return malformed("permit wrap: too long");
    auto statement = TRY(to_proven(items[i], signatures));
    out.push_back({std::move(statement), to_bytes(wraps[i])});
  }
  return out;
}

Result<core::MessageId> to_id(const std::string& bytes) {
  core::MessageId id;
  if (bytes.size() != id.value.size()) return malformed("permit request: not an id");
  std::copy(bytes.begin(), bytes.end(), id.value.begin());
  return id;
}

Result<core::PermitRequest> to_permit_request(const v1::PermitRequest& request) {
  if (!known(request)) return malformed("permit request: unknown field");
  core::PermitRequest out;
  out.grant = TRY(to_id(request.grant()));
  out.original = TRY(to_id(request.original()));
  out.carrier = TRY(to_id(request.carrier()));
  out.relation = TRY(core::parse_relation(request.relation()));
  out.receiver = request.receiver();
  out.verb = TRY(core::parse_verb(request.verb()));
  const bool discloses = out.verb == core::Verb::disclose;
  if (!(discloses ? core::is_public(out.receiver) : core::is_authority_id(out.receiver)))
    return malformed("permit request: receiver");
  out.extent = TRY(core::Extent::parse(request.extent()));
  return out;
}

Result<MessageItem> to_message(const v1::MessageItem& item, std::size_t signatures) {
  if (!known(item)) return malformed("message: unknown field");
  if (!item.has_statement()) return malformed("message: no statement");
  if (item.ciphertexts_size() > static_cast<int>(core::kMaxParts)) return malformed("message: too many parts");
  if (item.sources_size() > kMaxSources) return malformed("message: too many sources");
  MessageItem out;
  out.statement = TRY(to_proven(item.statement(), signatures));
  out.ciphertexts = to_bytes_list(item.ciphertexts());
  out.wraps = to_bytes(item.wraps());
  out.sources = TRY(to_proven_list(item.sources(), signatures));
  if (item.has_forwarded()) out.forwarded = TRY(to_carried(item.forwarded(), signatures));
  out.permits = TRY(to_permits(item.permits(), item.permit_wraps(), signatures));
  out.grant_wraps = to_bytes(item.grant_wraps());
  return out;
}

Result<DesignationItem> to_designation(const v1::DesignationItem& item) {
  if (!known(item) || !item.has_signature()) return malformed("designation: no signature, or an unknown field");
  if (item.certificates_size() > kMaxCertificates) return malformed("designation: too many certificates");
  for (const auto& certificate : item.certificates())
    if (certificate.size() > kMaxCertificate) return malformed("designation: certificate too long");
  DesignationItem out;
  out.signature = TRY(to_signature(item.signature()));
  out.path = TRY(to_path(item.leaf(), item.path()));
  out.statement = TRY(to_statement(item.statement()));
  out.certificates = to_bytes_list(item.certificates());
  return out;
}

Result<AnswerOutcome> to_outcome(v1::Answer::Outcome outcome) {
  if (outcome == v1::Answer::OUTCOME_REJECTED) return AnswerOutcome::rejected;
  if (outcome == v1::Answer::OUTCOME_DEFERRED) return AnswerOutcome::deferred;
  if (outcome == v1::Answer::OUTCOME_EXPECTED) return AnswerOutcome::expected;
  if (outcome == v1::Answer::OUTCOME_TAKEN) return AnswerOutcome::taken;
  return malformed("answer: unknown outcome");
}

v1::Answer::Outcome outcome_of(AnswerOutcome outcome) {
  switch (outcome) {
    case AnswerOutcome::rejected:
      return v1::Answer::OUTCOME_REJECTED;
    case AnswerOutcome::deferred:
      return v1::Answer::OUTCOME_DEFERRED;
    case AnswerOutcome::expected:
      return v1::Answer::OUTCOME_EXPECTED;
    case AnswerOutcome::taken:
      return v1::Answer::OUTCOME_TAKEN;
  }
  return v1::Answer::OUTCOME_UNSPECIFIED;
}

// Nothing: a code of a later version. The outcome says enough.
Result<std::optional<core::Reason>> to_reason(const v1::Reason& reason) {
  if (!known(reason)) return malformed("reason: unknown field");
  for (const auto* text : {&reason.clause(), &reason.article(), &reason.subject()})
    if (!printable(*text, kMaxWord)) return malformed("reason: not printable");
  if (!core::is_reason_code(reason.code())) return malformed("reason: not a code");
  const auto code = core::parse_reason(reason.code());
  if (!code.has_value()) return std::optional<core::Reason>();
  return std::optional(core::Reason{*code, reason.clause(), reason.article(), reason.subject()});
}

Result<Answer> to_answer(const v1::Answer& answer) {
  if (!known(answer)) return malformed("answer: unknown field");
  if (answer.reasons_size() > kMaxReasons) return malformed("answer: too many reasons");
  Answer out;
  out.digest = TRY(to_digest(as_bytes(answer.digest())));
  out.outcome = TRY(to_outcome(answer.outcome()));
  for (const auto& reason : answer.reasons()) {
    auto read = TRY(to_reason(reason));
    if (read) out.reasons.push_back(std::move(*read));
  }
  out.expected_epoch = answer.expected_epoch();
  out.expected_sequence = answer.expected_sequence();
  return out;
}

Result<DataVersion> to_data_version(const v1::DataVersion& version) {
  if (!known(version)) return malformed("data version: unknown field");
  if (!printable(version.name(), kMaxWord)) return malformed("data version: name");
  const auto digest = TRY(to_digest(as_bytes(version.digest())));
  return DataVersion{version.name(), version.version(), digest};
}

Result<Heartbeat> to_heartbeat(const v1::Heartbeat& heartbeat, std::size_t signatures) {
  if (!known(heartbeat)) return malformed("heartbeat: unknown field");
  if (heartbeat.checkpoints_size() > kMaxCheckpoints) return malformed("heartbeat: too many checkpoints");
  for (const auto& note : heartbeat.checkpoints())
    if (note.size() > kMaxCheckpoint) return malformed("heartbeat: checkpoint too long");
  if (heartbeat.log_key().size() > kMaxKey) return malformed("heartbeat: key too long");
  Heartbeat out{heartbeat.epoch(),
                heartbeat.sequence(),
                {heartbeat.checkpoints().begin(), heartbeat.checkpoints().end()},
                std::nullopt,
                to_bytes(heartbeat.log_key())};
  if (heartbeat.has_taken()) out.taken = TRY(to_proven(heartbeat.taken(), signatures));
  return out;
}

Result<AttachmentOffer> to_offer(const v1::AttachmentOffer& offer) {
  if (!known(offer)) return malformed("attachment offer: unknown field");
  AttachmentOffer out;
  out.message = TRY(to_id(offer.message()));
  out.root = TRY(to_digest(as_bytes(offer.cipher_root())));
  out.length = offer.length();
  if (!crypto::plain_length(out.length)) return malformed("attachment offer: not a length");
  return out;
}

Result<AttachmentState> to_state(const v1::AttachmentState& state) {
  if (!known(state)) return malformed("attachment state: unknown field");
  if (state.chunks() > crypto::kMaxChunks) return malformed("attachment state: too many chunks");
  if (state.reasons_size() > kMaxReasons) return malformed("attachment state: too many reasons");
  AttachmentState out;
  out.root = TRY(to_digest(as_bytes(state.cipher_root())));
  out.chunks = state.chunks();
  out.complete = state.complete();
  for (const auto& reason : state.reasons()) {
    auto read = TRY(to_reason(reason));
    if (read) out.reasons.push_back(std::move(*read));
  }
  return out;
}

Result<AttachmentChunk> to_chunk(const v1::AttachmentChunk& chunk) {
  if (!known(chunk)) return malformed("chunk: unknown field");
  const auto size = chunk.ciphertext().size();
  if (size < crypto::kAeadTagSize || size > crypto::kSealedChunkSize) return malformed("chunk: not of its size");
  if (chunk.index() >= crypto::kMaxChunks) return malformed("chunk: beyond the longest attachment");
  AttachmentChunk out;
  out.root = TRY(to_digest(as_bytes(chunk.cipher_root())));
  out.index = chunk.index();
  out.sealed = to_bytes(chunk.ciphertext());
  out.path = TRY(to_hashes(chunk.path(), crypto::kMaxChunkPath, "chunk: path"));
  return out;
}

void set(std::string* to, BytesView from) { to->assign(as_text(from)); }

void set_hashes(std::string* to, const std::vector<Digest>& hashes) {
  to->clear();
  to->reserve(hashes.size() * kHash);
  for (const auto& hash : hashes) to->append(as_text(hash.view()));
}

void set_path(std::string* to, const crypto::Path& path) { set_hashes(to, path.hashes); }

void write(const crypto::BatchSignature& signature, v1::SignatureBlock* out) {
  out->set_suite(crypto::to_string(signature.suite));
  set(out->mutable_key_id(), signature.key_id.view());
  out->set_signing_time(signature.signing_time);
  set(out->mutable_signature(), signature.signature);
  out->set_batch(signature.statement);
}

void write(const Proven& proven, v1::Signed* out) {
  out->set_statement(proven.statement);
  auto* proof = out->add_proofs();
  proof->set_signature(proven.signature);
  proof->set_leaf(proven.path.index);
  set_path(proof->mutable_path(), proven.path);
}

void write(const CarriedMessage& item, v1::CarriedMessage* out) {
  write(item.statement, out->mutable_statement());
  for (const auto& ciphertext : item.ciphertexts) set(out->add_ciphertexts(), ciphertext);
  set(out->mutable_wraps(), item.wraps);
  set(out->mutable_forwarder_wrap(), item.forwarder_wrap);
  set(out->mutable_grant_wrap(), item.grant_wrap);
  for (const auto& leaves : item.omitted) set(out->add_omitted(), concat({leaves.body.view(), leaves.cipher.view()}));
}

void write(const MessageItem& item, v1::MessageItem* out) {
  write(item.statement, out->mutable_statement());
  for (const auto& ciphertext : item.ciphertexts) set(out->add_ciphertexts(), ciphertext);
  set(out->mutable_wraps(), item.wraps);
  for (const auto& source : item.sources) write(source, out->add_sources());
  if (item.forwarded) write(*item.forwarded, out->mutable_forwarded());
  for (const auto& permit : item.permits) {
    write(permit.statement, out->add_permits());
    set(out->add_permit_wraps(), permit.wrap);
  }
  set(out->mutable_grant_wraps(), item.grant_wraps);
}

void write(const core::PermitRequest& request, v1::PermitRequest* out) {
  set(out->mutable_grant(), request.grant.view());
  set(out->mutable_original(), request.original.view());
  set(out->mutable_carrier(), request.carrier.view());
  out->set_relation(core::to_string(request.relation));
  out->set_receiver(request.receiver);
  out->set_verb(core::to_string(request.verb));
  out->set_extent(request.extent.text());
}

void write(const DesignationItem& item, v1::DesignationItem* out) {
  write(item.signature, out->mutable_signature());
  out->set_leaf(item.path.index);
  set_path(out->mutable_path(), item.path);
  out->set_statement(item.statement);
  for (const auto& certificate : item.certificates) set(out->add_certificates(), certificate);
}

template <class To>
void write(const std::vector<core::Reason>& reasons, To* out) {
  for (const auto& reason : reasons) {
    auto* to = out->add_reasons();
    to->set_code(core::to_string(reason.code));
    to->set_clause(reason.clause);
    to->set_article(reason.article);
    to->set_subject(reason.subject);
  }
}

void write(const AttachmentOffer& offer, v1::AttachmentOffer* out) {
  set(out->mutable_message(), offer.message.view());
  set(out->mutable_cipher_root(), offer.root.view());
  out->set_length(offer.length);
}

void write(const AttachmentState& state, v1::AttachmentState* out) {
  set(out->mutable_cipher_root(), state.root.view());
  out->set_chunks(state.chunks);
  out->set_complete(state.complete);
  write(state.reasons, out);
}

void write(const AttachmentChunk& chunk, v1::AttachmentChunk* out) {
  set(out->mutable_cipher_root(), chunk.root.view());
  out->set_index(chunk.index);
  set(out->mutable_ciphertext(), chunk.sealed);
  set_hashes(out->mutable_path(), chunk.path);
}

void write(const Answer& answer, v1::Answer* out) {
  set(out->mutable_digest(), answer.digest.view());
  out->set_outcome(outcome_of(answer.outcome));
  write(answer.reasons, out);
  out->set_expected_epoch(answer.expected_epoch);
  out->set_expected_sequence(answer.expected_sequence);
}

void write(const Heartbeat& heartbeat, v1::Heartbeat* out) {
  out->set_epoch(heartbeat.epoch);
  out->set_sequence(heartbeat.sequence);
  for (const auto& note : heartbeat.checkpoints) out->add_checkpoints(note);
  if (heartbeat.taken) write(*heartbeat.taken, out->mutable_taken());
  if (!heartbeat.log_key.empty()) set(out->mutable_log_key(), heartbeat.log_key);
}

std::size_t size_of(const crypto::BatchSignature& signature) {
  return signature.signature.size() + signature.statement.size() + 64 + kOverhead;
}

std::size_t size_of(const DesignationItem& item) {
  auto size = size_of(item.signature) + item.path.hashes.size() * kHash + item.statement.size() + kOverhead;
  for (const auto& certificate : item.certificates) size += certificate.size() + kOverhead;
  return size;
}

std::size_t size_of(const std::vector<core::Reason>& reasons) {
  std::size_t size = 0;
  for (const auto& reason : reasons)
    size += reason.clause.size() + reason.article.size() + reason.subject.size() + 3 * kOverhead;
  return size;
}

std::size_t size_of(const Answer& answer) { return kHash + 2 * kOverhead + size_of(answer.reasons); }

std::size_t size_of(const std::vector<Bytes>& list) {
  std::size_t size = 0;
  for (const auto& bytes : list) size += bytes.size() + 4;
  return size;
}

template <class T>
std::size_t total(const std::vector<T>& items) {
  std::size_t size = 0;
  for (const auto& item : items) size += item.size();
  return size;
}

}  // namespace

std::size_t Proven::size() const { return statement.size() + path.hashes.size() * kHash + kOverhead; }

std::size_t CarriedMessage::size() const {
  return statement.size() + size_of(ciphertexts) + wraps.size() + forwarder_wrap.size() + grant_wrap.size() +
         omitted.size() * (2 * kHash + 4) + kOverhead;
}

std::size_t MessageItem::size() const {
  return statement.size() + size_of(ciphertexts) + wraps.size() + total(sources) + total(permits) + grant_wraps.size() +
         (forwarded ? forwarded->size() : 0) + kOverhead;
}

std::size_t AttachmentChunk::size() const { return sealed.size() + (path.size() + 1) * kHash + 2 * kOverhead; }

Proven Frame::add(const crypto::SignedStatement& statement) {
  // Neighbours are mostly of one batch: the last ones are looked at first.
  const auto found = std::find(signatures.rbegin(), signatures.rend(), statement.signature);
  auto index = signatures.rend() - found - 1;
  if (index < 0) {
    index = static_cast<std::ptrdiff_t>(signatures.size());
    signatures.push_back(statement.signature);
  }
  return {statement.statement, static_cast<std::uint32_t>(index), statement.path};
}

bool Frame::empty() const {
  return designations.empty() && seal_keys.empty() && dispatches.empty() && messages.empty() && receipts.empty() &&
         answers.empty() && data_versions.empty() && !heartbeat && permit_requests.empty() && permits.empty() &&
         offers.empty() && attachment_states.empty() && chunks.empty();
}

std::size_t Frame::size() const {
  auto size = total(seal_keys) + total(dispatches) + total(messages) + total(receipts) + total(permits) +
              total(chunks) + permit_requests.size() * kPermitRequestSize + offers.size() * (3 * kHash);
  for (const auto& signature : signatures) size += size_of(signature);
  for (const auto& designation : designations) size += size_of(designation);
  for (const auto& answer : answers) size += size_of(answer);
  for (const auto& state : attachment_states) size += kHash + 2 * kOverhead + size_of(state.reasons);
  for (const auto& version : data_versions) size += version.name.size() + kHash + kOverhead;
  if (heartbeat) {
    for (const auto& note : heartbeat->checkpoints) size += note.size() + kOverhead;
    size += heartbeat->log_key.size() + (heartbeat->taken ? heartbeat->taken->size() : 0) + kOverhead;
  }
  return size;
}

Result<Frame> to_frame(const v1::PeerFrame& message) {
  if (!known(message)) return malformed("frame: unknown field");
  if (message.ByteSizeLong() > kMaxFrame) return malformed("frame: too long");
  Frame frame;
  for (const auto& block : message.signatures()) frame.signatures.push_back(TRY(to_signature(block)));
  for (const auto& item : message.designations()) frame.designations.push_back(TRY(to_designation(item)));
  const auto signatures = frame.signatures.size();
  frame.seal_keys = TRY(to_proven_list(message.seal_keys(), signatures));
  frame.dispatches = TRY(to_proven_list(message.dispatches(), signatures));
  for (const auto& item : message.messages()) frame.messages.push_back(TRY(to_message(item, signatures)));
  frame.receipts = TRY(to_proven_list(message.receipts(), signatures));
  for (const auto& answer : message.answers()) frame.answers.push_back(TRY(to_answer(answer)));
  for (const auto& version : message.data_versions()) frame.data_versions.push_back(TRY(to_data_version(version)));
  if (message.has_heartbeat()) frame.heartbeat = TRY(to_heartbeat(message.heartbeat(), signatures));
  if (message.attachment_offers_size() > kMaxOffers) return malformed("frame: too many attachment offers");
  for (const auto& offer : message.attachment_offers()) frame.offers.push_back(TRY(to_offer(offer)));
  if (message.attachment_states_size() > kMaxOffers) return malformed("frame: too many attachment states");
  for (const auto& state : message.attachment_states()) frame.attachment_states.push_back(TRY(to_state(state)));
  for (const auto& chunk : message.chunks()) frame.chunks.push_back(TRY(to_chunk(chunk)));
  if (message.permit_requests_size() > kMaxPermitRequests) return malformed("frame: too many permit requests");
  for (const auto& request : message.permit_requests())
    frame.permit_requests.push_back(TRY(to_permit_request(request)));
  frame.permits = TRY(to_permits(message.permits(), message.permit_wraps(), signatures));
  return frame;
}

void to_proto(const Frame& frame, v1::PeerFrame& message) {
  message.Clear();
  for (const auto& signature : frame.signatures) write(signature, message.add_signatures());
  for (const auto& item : frame.designations) write(item, message.add_designations());
  for (const auto& key : frame.seal_keys) write(key, message.add_seal_keys());
  for (const auto& dispatch : frame.dispatches) write(dispatch, message.add_dispatches());
  for (const auto& item : frame.messages) write(item, message.add_messages());
  for (const auto& receipt : frame.receipts) write(receipt, message.add_receipts());
  for (const auto& answer : frame.answers) write(answer, message.add_answers());
  for (const auto& version : frame.data_versions) {
    auto* out = message.add_data_versions();
    out->set_name(version.name);
    out->set_version(version.version);
    set(out->mutable_digest(), version.digest.view());
  }
  if (frame.heartbeat) write(*frame.heartbeat, message.mutable_heartbeat());
  for (const auto& request : frame.permit_requests) write(request, message.add_permit_requests());
  for (const auto& permit : frame.permits) {
    write(permit.statement, message.add_permits());
    set(message.add_permit_wraps(), permit.wrap);
  }
  for (const auto& offer : frame.offers) write(offer, message.add_attachment_offers());
  for (const auto& state : frame.attachment_states) write(state, message.add_attachment_states());
  for (const auto& chunk : frame.chunks) write(chunk, message.add_chunks());
}

Result<Frame> decode_frame(BytesView bytes) {
  if (bytes.size() > kMaxFrame) return malformed("frame: too long");
  v1::PeerFrame message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed("frame: not protobuf");
  return to_frame(message);
}

Bytes encode_frame(const Frame& frame) {
  v1::PeerFrame message;
  to_proto(frame, message);
  Bytes out(message.ByteSizeLong());
  message.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

}  // namespace chancery::wire
