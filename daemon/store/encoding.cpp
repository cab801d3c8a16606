#include "daemon/store/encoding.h"

#include <algorithm>

#include "crypto/sealing.h"
#include "daemon/core/statement.h"

namespace chancery::store {

namespace {

void put(Bytes& out, BytesView item) {
  append(out, u32be(static_cast<std::uint32_t>(item.size())));
  append(out, item);
}

// Reads what `put` wrote.
class Reading {
 public:
  explicit Reading(BytesView bytes) : rest_(bytes) {}

  Result<std::uint32_t> number() {
    if (rest_.size() < 4) return fail(Errc::corrupt, "store: a list is cut off");
    const auto value = static_cast<std::uint32_t>(read_be(rest_.first(4)));
    rest_ = rest_.subspan(4);
    return value;
  }
  Result<BytesView> item() {
    const auto size = TRY(number());
    if (rest_.size() < size) return fail(Errc::corrupt, "store: a list is cut off");
    const auto bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }
  [[nodiscard]] Result<void> end() const {
    if (!rest_.empty()) return fail(Errc::corrupt, "store: bytes behind a list");
    return {};
  }

 private:
  BytesView rest_;
};

Result<crypto::SignedStatement> read_statement(Reading& in) {
  crypto::SignedStatement s;
  s.statement = as_text(TRY(in.item()));
  auto suite = crypto::parse_suite(as_text(TRY(in.item())));
  if (!suite) return fail(Errc::corrupt, "store: unknown suite");
  s.signature.suite = *suite;
  s.signature.key_id = TRY(to_digest(TRY(in.item())));
  s.signature.signing_time = static_cast<std::int64_t>(read_be(TRY(in.item())));
  const auto signature = TRY(in.item());
  s.signature.signature.assign(signature.begin(), signature.end());
  s.signature.statement = as_text(TRY(in.item()));
  s.path.index = TRY(in.number());
  s.path.hashes = TRY(decode_digests(TRY(in.item())));
  return s;
}

void put_statement(Bytes& out, const crypto::SignedStatement& s) {
  put(out, as_bytes(s.statement));
  put(out, as_bytes(to_string(s.signature.suite)));
  put(out, s.signature.key_id.view());
  put(out, u64be(static_cast<std::uint64_t>(s.signature.signing_time)));
  put(out, s.signature.signature);
  put(out, as_bytes(s.signature.statement));
  append(out, u32be(s.path.index));
  put(out, encode_digests(s.path.hashes));
}

}  // namespace

Bytes encode_list(const std::vector<Bytes>& items) {
  Bytes out = u32be(static_cast<std::uint32_t>(items.size()));
  for (const auto& item : items) put(out, item);
  return out;
}

Result<std::vector<Bytes>> decode_list(BytesView bytes) {
  Reading in(bytes);
  std::vector<Bytes> items;
  for (auto left = TRY(in.number()); left > 0; --left) {
    const auto item = TRY(in.item());
    items.emplace_back(item.begin(), item.end());
  }
  CHECK_OK(in.end());
  return items;
}

Bytes encode_statements(const std::vector<crypto::SignedStatement>& statements) {
  Bytes out = u32be(static_cast<std::uint32_t>(statements.size()));
  for (const auto& s : statements) put_statement(out, s);
  return out;
}

Result<std::vector<crypto::SignedStatement>> decode_statements(BytesView bytes) {
  Reading in(bytes);
  std::vector<crypto::SignedStatement> statements;
  for (auto left = TRY(in.number()); left > 0; --left) statements.push_back(TRY(read_statement(in)));
  CHECK_OK(in.end());
  return statements;
}

Bytes encode_digests(const std::vector<Digest>& digests) {
  Bytes out;
  out.reserve(digests.size() * 32);
  for (const auto& digest : digests) append(out, digest.view());
  return out;
}

Result<std::vector<Digest>> decode_digests(BytesView bytes) {
  if (bytes.size() % 32 != 0) return fail(Errc::corrupt, "store: hashes cut off");
  std::vector<Digest> digests(bytes.size() / 32);
  for (std::size_t i = 0; i < digests.size(); ++i)
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, digests[i].value.begin());
  return digests;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::vector<std::string> split_words(std::string_view text) {
  if (text.empty()) return {};
  const auto words = core::split(text, ' ');
  return {words.begin(), words.end()};
}

Bytes encode_leaves(const std::vector<crypto::PartLeaves>& leaves) {
  std::vector<Digest> all;
  all.reserve(leaves.size() * 2);
  for (const auto& one : leaves) all.insert(all.end(), {one.body, one.cipher});
  return encode_digests(all);
}

Result<std::vector<crypto::PartLeaves>> decode_leaves(BytesView bytes) {
  const auto all = TRY(decode_digests(bytes));
  if (all.size() % 2 != 0) return fail(Errc::corrupt, "store: leaf hashes cut off");
  std::vector<crypto::PartLeaves> leaves(all.size() / 2);
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = {all[2 * i], all[2 * i + 1]};
  return leaves;
}

std::string described(const UserRecord& user) {
  core::StatementWriter out("chancery/user");
  out.line("name", user.user.name)
      .line("role", core::to_string(user.user.role))
      .line("clearance", user.user.clearance)
      .line("certificate", to_string(crypto::sha256(user.certificate)));
  // Entries from before clearances had categories speak of such a row without the line.
  if (!user.user.categories.empty()) out.list("categories", user.user.categories);
  return out.text();
}

std::string described(const DraftRecord& draft) {
  return core::StatementWriter("chancery/draft")
      .line("id", std::to_string(draft.id))
      .line("officer", draft.officer)
      .line("plan", to_string(draft.plan))
      .text();
}

std::string described(const UseRecord& use) {
  return core::StatementWriter("chancery/detached-use")
      .line("grant", core::to_string(use.grant))
      .line("carrier", core::to_string(use.carrier))
      .line("receiver", use.receiver)
      .line("provider", use.provider)
      .text();
}

bool are_wraps_of(const core::Grant& grant, BytesView made_wraps) {
  const auto all = crypto::parse_wraps(made_wraps);
  return all.has_value() && std::equal(all->begin(), all->end(), grant.wraps.begin(), grant.wraps.end(),
                                       [](const crypto::Wrap& wrap, const core::GrantWrap& named) {
                                         return wrap.key_id == named.key &&
                                                crypto::sha256(wrap.to_bytes()) == named.wrap;
                                       });
}

}  // namespace chancery::store
