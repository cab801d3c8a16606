// The worked example of proto/README.md: one message from fixed keys and fixed chance to a batch root, step by step.
#pragma once

#include <string>

namespace chancery::test {

// The text between the marks, without them.
std::string worked_example();

}  // namespace chancery::test
