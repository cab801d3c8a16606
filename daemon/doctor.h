// `chanceryd doctor`: what an administrator has to look at, each thing with its cause and what to do. Reads, and
// changes nothing; the daemon may run or not.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "crypto/clock.h"

namespace chancery {

enum class DoctorCheck {
#define CHANCERY_DOCTOR(name, code, grave) name,
#include "daemon/doctor_check.def"
#undef CHANCERY_DOCTOR
};
const char* code_of(DoctorCheck check);
bool is_grave(DoctorCheck check);

// Something that was found, or an area ("keys") in which nothing was.
struct Finding {
  std::variant<DoctorCheck, std::string> what;
  std::map<std::string, std::string> values;  // that its texts name, in braces
};

struct Examination {
  std::string data_directory;  // where the catalogues are; empty when the settings do not say
  std::vector<Finding> findings;
};

// `full`: recomputes the whole store too, which needs that no daemon runs on it.
Examination examine(const std::string& config, bool full, const Clock& clock);

// 0: nothing found, 10: warnings, 1: an error among them.
int exit_code_of(const Examination& examination);

// A finding is a line and its `why` and `fix` below; in zh, ru or en. Without a catalogue the codes are there all the
// same.
std::string to_text(const Examination& examination, const std::string& language);
// By CHANCERY_LANG, LC_ALL, LC_MESSAGES, LANG.
std::string language_of_environment();

}  // namespace chancery
