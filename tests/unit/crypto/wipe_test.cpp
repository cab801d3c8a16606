// Looks at memory on its way back to the heap: this program's operator delete is replaced for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#include "crypto/secret.h"

namespace {

constexpr std::size_t kSecretSize = 4099;  // a size nothing else has
constexpr unsigned char kSecret = 0xa5;
std::array<void*, 8> lent{};  // buffers of that size; not every compiler tells operator delete the size
std::size_t returned = 0;
std::size_t with_secret = 0;  // of these, still holding it

void swap_entry(void* from, void* to) {
  if (const auto at = std::find(lent.begin(), lent.end(), from); at != lent.end()) *at = to;
}

void look(void* memory) {
  if (std::find(lent.begin(), lent.end(), memory) == lent.end()) return;
  swap_entry(memory, nullptr);
  ++returned;
  if (std::memchr(memory, kSecret, kSecretSize) != nullptr) ++with_secret;
}

void give_back(void* memory) {
  if (memory != nullptr) look(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  if (size == kSecretSize) swap_entry(nullptr, memory);
  return memory;
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }

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
