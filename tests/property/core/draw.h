// Random values from one seed, which rapidcheck draws, prints and shrinks: statements of every kind as their grammar
// allows them, and worlds with a few things changed.
#pragma once

#include <random>

#include "tests/unit/core/realm.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(engine_);
  }
  bool coin() { return below(2) == 1; }
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }
  template <class T>
  std::vector<T> some_of(const std::vector<T>& values) {
    std::vector<T> some;
    for (const auto& value : values)
      if (coin()) some.push_back(value);
    return some;
  }
  template <class T>
  std::optional<T> maybe(T value) {
    return coin() ? std::optional<T>(std::move(value)) : std::nullopt;
  }

  Bytes bytes(std::size_t size);
  Digest digest();
  MessageId id();
  Instant instant();

  Label label();
  Message message();
  Receipt receipt();
  Dispatch dispatch();
  Designation designation();
  SealKey seal_key();
  Permit permit();
  JournalEntry entry();

  // A message in a world, allowed at first, then with up to four changes to either.
  struct Scene {
    Realm realm;
    Message message;
  };
  Scene scene();

 private:
  DesignatedKey key();
  DispatchItem item(std::uint64_t epoch, std::uint64_t sequence);
  void change(Realm& realm, Message& message);
  void change_world(Realm& realm, const Message& message);
  void change_message(Message& message);

  std::mt19937_64 engine_;
};

}  // namespace chancery::core
