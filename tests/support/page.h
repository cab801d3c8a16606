// Sections of pages that the code writes: what stands between `<!-- name: ... -->` and `<!-- end of name -->`. Run the
// test program with CHANCERY_WRITE_PAGE=1 to write them again after a change on purpose.
#pragma once

#include <string>

namespace chancery::test {

// Expects this section of a page ("proto/README.md", from the root of the repository) to be what is `written`.
void expect_section(const std::string& page, const std::string& name, const std::string& written);

}  // namespace chancery::test
