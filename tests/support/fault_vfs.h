// A SQLite VFS that works until told to fail: the n-th write or sync from now, with a code, once or from then on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace chancery::test {

class FaultVfs {
 public:
  enum class Call { write, sync };
  enum class With { full, io_error };

  explicit FaultVfs(const std::string& name);  // registered until destroyed; no file may be open then
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  [[nodiscard]] const char* name() const;
  void fail_at(Call call, int nth, With with, bool from_then_on);
  void heal();
  [[nodiscard]] bool hit() const;  // whether a call failed since fail_at
  // Once, before the next call of this kind, which works.
  void before_next(Call call, std::function<void()> what);
  [[nodiscard]] std::int64_t read() const;   // bytes, of all files
  [[nodiscard]] std::int64_t slept() const;  // microseconds, waiting for locks

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace chancery::test
