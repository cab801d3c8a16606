// Looks at memory on its way back to the heap: this program's operator delete is replaced for it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "crypto/secret.h"

namespace {

constexpr std::size_t kSecretSize = 4099;  // a size nothing else has
constexpr unsigned char kSecret = 0xa5;
std::size_t returned = 0;     // buffers of that size
std::size_t with_secret = 0;  // of these, still holding it

void look(const void* memory, std::size_t size) {
  if (size != kSecretSize) return;
  ++returned;
  if (std::memchr(memory, kSecret, size) != nullptr) ++with_secret;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t size) noexcept {
  look(memory, size);
  std::free(memory);
}

namespace chancery::crypto {
namespace {

SecretBytes secret() { return SecretBytes(Bytes(kSecretSize, kSecret)); }

class Wiping : public testing::Test {
 protected:
  Wiping() { returned = with_secret = 0; }
};

TEST_F(Wiping, HappensOnDestruction) {
  { const auto one = secret(); }
  EXPECT_EQ(returned, 1U);
  EXPECT_EQ(with_secret, 0U);
}

TEST_F(Wiping, HappensWhenAnotherSecretMovesIn) {
  {
    auto one = secret();
    one = secret();
    auto two = std::move(one);
    one = two.clone();
  }
  EXPECT_EQ(returned, 3U);
  EXPECT_EQ(with_secret, 0U);
}

TEST_F(Wiping, IsWhatThisTestCanSee) {
  { const Bytes plain(kSecretSize, kSecret); }
  EXPECT_EQ(with_secret, 1U);
}

}  // namespace
}  // namespace chancery::crypto
