#include "daemon/store/schema.h"

#include <array>

#include "daemon/store/made_of.h"

namespace chancery::store {

namespace {

// Keys grow with time: a random unique key costs five times as much in an encrypted B-tree.
//
// A signature is a row of `batch`, shared by what it covers; a row that carries a signed statement names batch and
// leaf. Own batches keep all leaf hashes and paths are computed when read; those of peers keep the path in the row.
// A row refers to its batch before the group is signed, so the reference is checked by fsck and not by the database.
constexpr const char* kFirst = R"sql(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE journal (id INTEGER PRIMARY KEY, entry BLOB NOT NULL, message BLOB, nodes BLOB NOT NULL);
CREATE TABLE last_entry (message BLOB PRIMARY KEY, leaf BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE batch (
  id INTEGER PRIMARY KEY, suite TEXT NOT NULL, key_id BLOB NOT NULL, signing_time INTEGER NOT NULL,
  signature BLOB NOT NULL, statement BLOB NOT NULL, leaves BLOB);

CREATE TABLE message (
  ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, direction INTEGER NOT NULL, statement BLOB NOT NULL,
  batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB,
  number TEXT NOT NULL, their_number TEXT NOT NULL, recorded INTEGER NOT NULL, original BLOB,
  unread INTEGER NOT NULL);
CREATE INDEX message_direction ON message (direction);
CREATE INDEX message_unread ON message (unread) WHERE unread = 1;
CREATE UNIQUE INDEX message_number ON message (number) WHERE number <> '';
CREATE INDEX message_their_number ON message (their_number) WHERE their_number <> '';
CREATE TABLE body (
  ordinal INTEGER PRIMARY KEY REFERENCES message (ordinal), ciphertexts BLOB NOT NULL, wraps BLOB NOT NULL,
  forwarder_wrap BLOB NOT NULL, sealed_key BLOB NOT NULL, sources BLOB NOT NULL);

CREATE TABLE outbox (
  peer TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, statement BLOB NOT NULL,
  batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB, message BLOB, precedence INTEGER NOT NULL,
  state INTEGER NOT NULL, attempts INTEGER NOT NULL, next_attempt INTEGER NOT NULL, waiting_for TEXT NOT NULL,
  PRIMARY KEY (peer, epoch, sequence)) WITHOUT ROWID;
CREATE INDEX outbox_queued ON outbox (peer, precedence DESC, epoch, sequence, next_attempt)
  WHERE state = 0 AND message IS NOT NULL;
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE TABLE taken (
  peer TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (peer, epoch)) WITHOUT ROWID;

CREATE TABLE receipt (
  message BLOB NOT NULL, receiver TEXT NOT NULL, stage INTEGER NOT NULL, statement BLOB NOT NULL,
  batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB,
  PRIMARY KEY (message, receiver, stage)) WITHOUT ROWID;

CREATE TABLE unsent_receipt (
  ordinal INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, digest BLOB NOT NULL, message BLOB NOT NULL,
  receiver TEXT NOT NULL, stage INTEGER NOT NULL);
CREATE INDEX unsent_receipt_peer ON unsent_receipt (peer);

CREATE TABLE inbound_dispatch (
  sender TEXT NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, statement BLOB NOT NULL,
  batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB, message BLOB,
  missing INTEGER NOT NULL, voided INTEGER NOT NULL,
  PRIMARY KEY (sender, epoch, sequence)) WITHOUT ROWID;
CREATE INDEX inbound_message ON inbound_dispatch (message) WHERE message IS NOT NULL;
CREATE INDEX inbound_missing ON inbound_dispatch (sender) WHERE missing = 1;

CREATE TABLE draft (
  id INTEGER PRIMARY KEY, officer TEXT NOT NULL, state INTEGER NOT NULL, plan BLOB NOT NULL, sealed BLOB NOT NULL,
  created INTEGER NOT NULL, message BLOB);
CREATE INDEX draft_waiting ON draft (id) WHERE state = 0;

CREATE TABLE submit (
  officer TEXT NOT NULL, key BLOB NOT NULL, draft BLOB NOT NULL, id TEXT NOT NULL, number TEXT NOT NULL,
  awaiting_approval INTEGER NOT NULL, recorded INTEGER NOT NULL, PRIMARY KEY (officer, key)) WITHOUT ROWID;
CREATE INDEX submit_recorded ON submit (recorded);

CREATE TABLE number (
  series TEXT NOT NULL, year INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (series, year)) WITHOUT ROWID;

CREATE TABLE peer (authority TEXT PRIMARY KEY, state INTEGER NOT NULL, anchor BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE designation (
  authority TEXT NOT NULL, serial INTEGER NOT NULL, statement BLOB NOT NULL,
  batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB, certificates BLOB NOT NULL,
  PRIMARY KEY (authority, serial));
CREATE TABLE seal_key (
  authority TEXT NOT NULL, valid_from INTEGER NOT NULL, key_id BLOB NOT NULL, accept_until INTEGER NOT NULL,
  statement BLOB NOT NULL, batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB,
  sealed_private_key BLOB NOT NULL, PRIMARY KEY (authority, valid_from, key_id));

CREATE TABLE user (
  name TEXT PRIMARY KEY, role INTEGER NOT NULL, clearance TEXT NOT NULL, certificate BLOB NOT NULL,
  pin BLOB NOT NULL UNIQUE);
CREATE TABLE conflict (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, first BLOB NOT NULL, second BLOB NOT NULL,
  recorded INTEGER NOT NULL);

PRAGMA user_version = 1;
)sql";

// Refused messages of ours that go again once their recipient shows another seal key than this one.
constexpr const char* kSecond = R"sql(
CREATE TABLE reissue (
  peer TEXT NOT NULL, message BLOB NOT NULL, key_id BLOB NOT NULL, PRIMARY KEY (peer, message)) WITHOUT ROWID;

PRAGMA user_version = 2;
)sql";

// Consent. What a statement of consent is about is found without reading them all; of reports (`quiet`) no box shows
// anything. Permits: issued, used or taken in, by whose they are. Reports that are owed to a provider go when it can be
// reached. A locked message is read by nobody.
constexpr const char* kThird = R"sql(
CREATE TABLE consent (
  about BLOB NOT NULL, message BLOB NOT NULL, quiet INTEGER NOT NULL, PRIMARY KEY (about, message)) WITHOUT ROWID;
CREATE UNIQUE INDEX consent_message ON consent (message);
CREATE TABLE permit (
  grant_id BLOB NOT NULL, carrier BLOB NOT NULL, receiver TEXT NOT NULL, valid_from INTEGER NOT NULL,
  statement BLOB NOT NULL, batch INTEGER NOT NULL, leaf INTEGER NOT NULL, path BLOB, wrap BLOB NOT NULL,
  PRIMARY KEY (grant_id, carrier, receiver, valid_from)) WITHOUT ROWID;
CREATE INDEX permit_carrier ON permit (carrier, receiver);
CREATE TABLE owed_report (
  ordinal INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, agreement TEXT NOT NULL, kind TEXT NOT NULL,
  facts TEXT NOT NULL);
CREATE TABLE locked (
  message BLOB NOT NULL, grant_id BLOB NOT NULL, PRIMARY KEY (message, grant_id)) WITHOUT ROWID;

PRAGMA user_version = 3;
)sql";

// Each table says what it is for.
constexpr const char* kFourth = R"sql(
-- Of a carried original that came in parts: which, and two leaf hashes of each that was left out; its body has the
-- ciphertexts of these parts alone and their keys.
CREATE TABLE extract (
  ordinal INTEGER PRIMARY KEY REFERENCES message (ordinal), extent TEXT NOT NULL, omitted BLOB NOT NULL);
-- Statements of joint acts: few, and always looked at together.
CREATE TABLE joint_act (message BLOB PRIMARY KEY) WITHOUT ROWID;
-- The categories of a clearance. How messages of others are handled here: the signed records about each, oldest first.
ALTER TABLE user ADD COLUMN categories TEXT NOT NULL DEFAULT '';
CREATE TABLE handling (
  message BLOB NOT NULL, ordinal INTEGER NOT NULL, statement BLOB NOT NULL, batch INTEGER NOT NULL,
  leaf INTEGER NOT NULL, path BLOB, PRIMARY KEY (message, ordinal)) WITHOUT ROWID;
-- What is made of what, one row a source line or a message sent again, so that what a revocation reaches is found
-- without reading every statement; those of the messages that are there are read out of their text once. `erasure`:
-- proposed, done, or decided against under a ground of law.
CREATE TABLE made_of (source BLOB NOT NULL, message BLOB NOT NULL, PRIMARY KEY (source, message)) WITHOUT ROWID;
WITH RECURSIVE line (message, rest) AS (
  SELECT id, substr(text, instr(text, char(10) || 'source ') + 8)
    FROM (SELECT id, CAST(statement AS TEXT) AS text FROM message) WHERE instr(text, char(10) || 'source ') > 0
  UNION ALL
  SELECT message, substr(rest, instr(rest, char(10) || 'source ') + 8)
    FROM line WHERE instr(rest, char(10) || 'source ') > 0)
INSERT OR IGNORE INTO made_of (source, message) SELECT unhex(substr(rest, 1, 64)), message FROM line;
INSERT OR IGNORE INTO made_of (source, message)
  SELECT unhex(substr(text, instr(text, char(10) || 'fact reissue-of ') + 17, 64)), id
    FROM (SELECT id, CAST(statement AS TEXT) AS text FROM message)
    WHERE instr(text, char(10) || 'fact reissue-of ') > 0;
CREATE INDEX message_original ON message (original) WHERE original IS NOT NULL;
CREATE TABLE erasure (
  message BLOB PRIMARY KEY, state INTEGER NOT NULL, officer TEXT NOT NULL, ground TEXT NOT NULL) WITHOUT ROWID;
-- What an approver signed of texts that come from elsewhere.
CREATE TABLE independent (
  ordinal INTEGER PRIMARY KEY, message BLOB NOT NULL, source BLOB NOT NULL, sealed_reason BLOB NOT NULL);
CREATE INDEX independent_message ON independent (message);

PRAGMA user_version = 4;
)sql";

// Uses of detached grants, of which no permit speaks: counted by the holder before each goes, and kept by the receiver
// beside what came. The wraps of a detached grant stand where those of a forward do (body.forwarder_wrap).
constexpr const char* kFifth = R"sql(
CREATE TABLE detached_use (
  grant_id BLOB NOT NULL, carrier BLOB NOT NULL, receiver TEXT NOT NULL, provider TEXT NOT NULL,
  PRIMARY KEY (grant_id, carrier, receiver)) WITHOUT ROWID;
CREATE INDEX detached_use_carrier ON detached_use (carrier, receiver);

PRAGMA user_version = 5;
)sql";

// What the receiver of a permit of ours reported of it: 0 nothing, 1 that it took the carrier in, 2 that it refused it,
// which gives the use back; what it took in it does not give back. Written when the report is taken in, so that nobody
// reads reports to count uses; those that are there are read out of their text once. `consent_said`: what persons
// wrote, found past all that daemons reported. `owed_queue`: reports that are owed alike.
constexpr const char* kSixth = R"sql(
ALTER TABLE permit ADD COLUMN reported INTEGER NOT NULL DEFAULT 0;
CREATE INDEX permit_use ON permit (grant_id, carrier, receiver, reported);
CREATE INDEX consent_said ON consent (about) WHERE quiet = 0;
CREATE INDEX owed_queue ON owed_report (recipient, agreement, kind);
WITH report (about, text) AS (
  SELECT c.about, CAST(m.statement AS TEXT) FROM consent c JOIN message m ON m.id = c.message
    WHERE c.quiet = 1 AND m.direction = 1 AND instr(m.statement, CAST(char(10) || 'kind transfer-report' || char(10) AS BLOB)) > 0),
told (about, originator, carrier, reported) AS (
  SELECT about, substr(text, instr(text, char(10) || 'originator ') + 12,
                       instr(substr(text, instr(text, char(10) || 'originator ') + 12), char(10)) - 1),
         unhex(substr(text, instr(text, char(10) || 'fact carrier ') + 14, 64)),
         CASE WHEN instr(text, char(10) || 'fact refused ') > 0 THEN 2 ELSE 1 END
    FROM report)
UPDATE permit SET reported = (
  SELECT min(t.reported) FROM told t JOIN consent g ON g.about = t.about
    WHERE g.message = permit.grant_id AND t.carrier = permit.carrier AND t.originator = permit.receiver)
  WHERE EXISTS (
    SELECT 1 FROM told t JOIN consent g ON g.about = t.about
      WHERE g.message = permit.grant_id AND t.carrier = permit.carrier AND t.originator = permit.receiver);

PRAGMA user_version = 6;
)sql";

// Which texts are others than they were when their message was recorded, in order, each by its last change: erased,
// there again, more of it, or now under another ordinal. What is made of texts outside this file follows them.
constexpr const char* kSeventh = R"sql(
CREATE TABLE text_change (number INTEGER PRIMARY KEY AUTOINCREMENT, ordinal INTEGER NOT NULL UNIQUE);

PRAGMA user_version = 7;
)sql";

// made_of has the sources of sources too, which stand in the statements beside a message: what is made of something
// that never came here is found all the same. Those that are there are filed by file_all_made_of.
constexpr const char* kEighth = R"sql(
PRAGMA user_version = 8;
)sql";

// Attachments: files beside the database, by their cipher root, with the leaf hashes of their chunks, plain and sealed;
// `manifest` is the part that opens one that was uploaded here, under the storage key, `upload` what it was begun as.
// `attached`: which message has which; `carried` of those that only pass with a forward, as the original they belong to
// holds them. `attached_draft`: what waits. `attachment_gone`: no row holds it any more; its file goes before the
// answers of the group, or when the store is opened.
constexpr const char* kNinth = R"sql(
CREATE TABLE attachment (
  root BLOB NOT NULL UNIQUE, officer TEXT NOT NULL, upload BLOB, manifest BLOB NOT NULL, plain BLOB NOT NULL,
  sealed BLOB NOT NULL, recorded INTEGER NOT NULL);
CREATE INDEX attachment_upload ON attachment (upload) WHERE upload IS NOT NULL;
CREATE INDEX attachment_recorded ON attachment (recorded) WHERE officer <> '';
CREATE TABLE attached (
  message BLOB NOT NULL, root BLOB NOT NULL, carried INTEGER NOT NULL, PRIMARY KEY (message, root)) WITHOUT ROWID;
CREATE INDEX attached_root ON attached (root) WHERE carried = 0;
CREATE TABLE attached_draft (draft INTEGER NOT NULL, root BLOB NOT NULL, PRIMARY KEY (draft, root)) WITHOUT ROWID;
CREATE INDEX attached_draft_root ON attached_draft (root);
CREATE TABLE attachment_gone (root BLOB PRIMARY KEY) WITHOUT ROWID;

PRAGMA user_version = 9;
)sql";

// Revocation lists, as they came, and why a peer is suspended. What waits for something is found by what it waits for.
constexpr const char* kTenth = R"sql(
CREATE TABLE revocation_list (
  anchor BLOB NOT NULL, this_update INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY (anchor, this_update));
ALTER TABLE peer ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_waiting ON outbox (peer, waiting_for)
  WHERE state = 0 AND message IS NOT NULL AND waiting_for <> '';

PRAGMA user_version = 10;
)sql";

constexpr std::array kMigrations = {kFirst, kSecond,  kThird,  kFourth, kFifth,
                                    kSixth, kSeventh, kEighth, kNinth,  kTenth};
constexpr std::size_t kFilesMadeOf = 7;  // the step that does

Result<void> apply(Database& database, std::size_t step) {
  CHECK_OK(database.execute("BEGIN IMMEDIATE"));
  auto done = database.execute(kMigrations[step]);
  if (done && step == kFilesMadeOf) done = file_all_made_of(database);
  if (done) done = database.execute("COMMIT");
  if (!done && database.in_transaction()) (void)database.execute("ROLLBACK");
  return done;
}

}  // namespace

Result<std::size_t> schema_of(Database& database) {
  auto q = database.query("PRAGMA user_version");
  return TRY(q.next()) ? static_cast<std::size_t>(q.number(0)) : 0;
}

Result<void> migrate(Database& database) {
  auto version = TRY(schema_of(database));
  if (version > kMigrations.size())
    return fail(Errc::conflict, "written by a newer program: schema " + std::to_string(version));
  for (; version < kMigrations.size(); ++version) CHECK_OK(apply(database, version));
  return {};
}

}  // namespace chancery::store
