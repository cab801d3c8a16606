#include "client/fault.h"

#include "daemon/core/decision.h"

namespace chancery::client {

const std::map<std::string, ExitCode>& own_codes() {
  static const std::map<std::string, ExitCode> kCodes = {
      {"E-ANCHOR-DIFFERS", kVerificationFailed},
      {"E-ANCHOR-KEY", kConfiguration},
      {"E-ARTICLE-UNKNOWN", kNotFound},
      {"E-ATTACHMENT-DAMAGED", kVerificationFailed},
      {"E-ATTACHMENT-NONE", kNotFound},
      {"E-BUSY", kUnreachable},
      {"E-CANCELLED", kConflict},
      {"E-CONFIG-FILE", kConfiguration},
      {"E-CONFIG-KEY", kConfiguration},
      {"E-CONFLICT", kConflict},
      {"E-CONTEXT-EXISTS", kConflict},
      {"E-CONTEXT-NEAREST", kConfiguration},
      {"E-CONTEXT-NONE", kConfiguration},
      {"E-CONTEXT-NOT-FOUND", kConfiguration},
      {"E-DAEMON-UNREACHABLE", kUnreachable},
      {"E-DATA", kConfiguration},
      {"E-DESIGNATION", kVerificationFailed},
      {"E-DESIGNATION-KEYS", kConflict},
      {"E-DESIGNATION-OPEN", kConflict},
      {"E-DRAFT", kUsage},
      {"E-DRAFT-DECLINED", kConflict},
      {"E-FILE", kConfiguration},
      {"E-FILE-CHANGED", kConflict},
      {"E-FILE-EXISTS", kConflict},
      {"E-FILE-NAME", kUsage},
      {"E-INPUT-NEEDED", kUsage},
      {"E-INTERNAL", kInternal},
      {"E-KEY-FILE", kConfiguration},
      {"E-LABEL-POLICY-MISSING", kUsage},
      {"E-NOT-AUTHORISED", kNotAuthorised},
      {"E-NOTHING-TO-SWITCH", kNotFound},
      {"E-OUTCOME-UNKNOWN", kUnreachable},
      {"E-RECEIPT-NONE", kNotFound},
      {"E-REFUSED", kRefused},
      {"E-TIMEOUT", kUnreachable},
      {"E-TOKEN-IN-USE", kConfiguration},
      {"E-TOKEN-KEY", kConfiguration},
      {"E-USAGE", kUsage},
      {"E-USAGE-EXTRA", kUsage},
      {"E-USAGE-MISSING", kUsage},
      {"E-USAGE-NEAREST", kUsage},
      {"E-USAGE-VALUE", kUsage},
      {"E-USAGE-WORD", kUsage},
      {"E-VERIFY-SERVER", kVerificationFailed},
      {"E-VERSION-LAST", kUsage},
  };
  return kCodes;
}

int exit_code_of(const std::string& code) {
  if (const auto reason = core::parse_reason(code)) return core::exit_code_of(*reason);
  const auto own = own_codes().find(code);
  return own == own_codes().end() ? kRefused : own->second;
}

}  // namespace chancery::client
