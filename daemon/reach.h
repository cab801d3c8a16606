// Whether somebody takes a TCP connection there. Says nothing of who.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

namespace chancery {

// Of these, by any name, those whose endpoint ("host:port") takes no connection within `wait`; all are tried at once,
// but for the look-up of their names.
std::set<std::string> unreachable(const std::map<std::string, std::string>& endpoints, std::chrono::milliseconds wait);

}  // namespace chancery
