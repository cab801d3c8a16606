#include <unistd.h>

#include <iostream>

#include "client/process.h"
#include "client/run.h"

int main(int argc, char** argv) {
  chancery::client::keep_memory_private();
  const bool interactive = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  return chancery::client::run({argv + 1, argv + argc}, {std::cin, std::cout, std::cerr, interactive});
}
