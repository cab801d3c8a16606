#include "client/process.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>

namespace chancery::client {
namespace {

// In a process of its own: what is given up does not come back.
TEST(Process, LeavesNoCoreDumpAndIsNotTraceable) {
  const auto is_private = [] {
    keep_memory_private();
    rlimit core{};
    return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
  };
  EXPECT_EXIT(std::exit(is_private() ? 0 : 1), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace chancery::client
