// verify.sh as it is put into every folder of evidence: the same bytes always, so that it can be read once and trusted.
#pragma once

#include <string_view>

namespace chancery::client::verify {

extern const std::string_view kVerifyScript;

}  // namespace chancery::client::verify
