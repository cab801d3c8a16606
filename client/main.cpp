#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "client/process.h"
#include "client/run.h"

namespace {

std::size_t columns_of(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

int main(int argc, char** argv) {
  chancery::client::keep_memory_private();
  const bool interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  return chancery::client::run({argv + 1, argv + argc}, {std::cin, std::cout, std::cerr, interactive,
                                                         columns_of(STDOUT_FILENO), columns_of(STDERR_FILENO)});
}
