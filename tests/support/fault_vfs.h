// A SQLite VFS that works until told to fail: the n-th write or sync from now, with a code, once or from then on.
#pragma once

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

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace chancery::test
