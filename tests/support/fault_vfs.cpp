#include "tests/support/fault_vfs.h"

#include <sqlcipher/sqlite3.h>

#include <cstring>
#include <mutex>
#include <utility>

namespace chancery::test {

struct FaultVfs::State {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;

  std::mutex mutex;
  int left = 0;  // calls until the failing one; 0: none fails. Guarded by mutex, as all below
  Call call = Call::write;
  int code = SQLITE_OK;
  bool from_then_on = false;
  bool hit = false;
  Call before = Call::write;
  std::function<void()> what;
  std::int64_t read = 0;
  std::int64_t slept = 0;

  int next(Call made) {
    std::unique_lock lock(mutex);
    if (what && made == before) {
      const auto once = std::exchange(what, nullptr);
      lock.unlock();
      once();
      lock.lock();
    }
    if (left == 0 || made != call) return SQLITE_OK;
    if (left > 1) {
      --left;
      return SQLITE_OK;
    }
    hit = true;
    if (!from_then_on) left = 0;
    return code;
  }
};

namespace {

struct FaultFile {
  sqlite3_file base;
  FaultVfs::State* state;
  // The real file follows in memory.
};

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<FaultFile*>(file) + 1);
}
FaultVfs::State* state(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file)->state; }

int on_close(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int on_read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  {
    const std::lock_guard lock(state(f)->mutex);
    state(f)->read += n;
  }
  return real(f)->pMethods->xRead(real(f), to, n, at);
}
int on_write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  const int code = state(f)->next(FaultVfs::Call::write);
  if (code == SQLITE_OK) return real(f)->pMethods->xWrite(real(f), from, n, at);
  // Torn: half of it reached the device.
  (void)real(f)->pMethods->xWrite(real(f), from, n / 2, at);
  return code == SQLITE_IOERR ? SQLITE_IOERR_WRITE : code;
}
int on_truncate(sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); }
int on_sync(sqlite3_file* f, int flags) {
  const int code = state(f)->next(FaultVfs::Call::sync);
  if (code == SQLITE_OK) return real(f)->pMethods->xSync(real(f), flags);
  return code == SQLITE_IOERR ? SQLITE_IOERR_FSYNC : code;
}
int on_size(sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); }
int on_lock(sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); }
int on_unlock(sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); }
int on_reserved(sqlite3_file* f, int* l) { return real(f)->pMethods->xCheckReservedLock(real(f), l); }
int on_control(sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
int on_sector(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int on_device(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
int on_shm_map(sqlite3_file* f, int p, int n, int e, void volatile** m) {
  return real(f)->pMethods->xShmMap(real(f), p, n, e, m);
}
int on_shm_lock(sqlite3_file* f, int o, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), o, n, flags); }
void on_shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int on_shm_unmap(sqlite3_file* f, int d) { return real(f)->pMethods->xShmUnmap(real(f), d); }

const sqlite3_io_methods kMethods = {2,         on_close,   on_read,     on_write,       on_truncate,  on_sync,
                                     on_size,   on_lock,    on_unlock,   on_reserved,    on_control,   on_sector,
                                     on_device, on_shm_map, on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr,
                                     nullptr};

int on_open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out) {
  auto* s = static_cast<FaultVfs::State*>(vfs->pAppData);
  auto* ours = reinterpret_cast<FaultFile*>(file);
  ours->base.pMethods = nullptr;
  ours->state = s;
  const int code = s->real->xOpen(s->real, name, real(file), flags, out);
  if (code == SQLITE_OK) ours->base.pMethods = &kMethods;
  return code;
}

int on_sleep(sqlite3_vfs* vfs, int microseconds) {
  auto* s = static_cast<FaultVfs::State*>(vfs->pAppData);
  {
    const std::lock_guard lock(s->mutex);
    s->slept += microseconds;
  }
  return s->real->xSleep(s->real, microseconds);
}

}  // namespace

FaultVfs::FaultVfs(const std::string& name) : state_(std::make_unique<State>()) {
  state_->name = name;
  state_->real = sqlite3_vfs_find(nullptr);
  // Everything but opening and sleeping is the real one's; its functions read their own pAppData, so they get it
  // through ours only where they are called with the real VFS.
  state_->vfs = *state_->real;
  state_->vfs.zName = state_->name.c_str();
  state_->vfs.pNext = nullptr;
  state_->vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + state_->real->szOsFile;
  state_->vfs.pAppData = state_.get();
  state_->vfs.xOpen = on_open;
  state_->vfs.xSleep = on_sleep;
  sqlite3_vfs_register(&state_->vfs, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&state_->vfs); }

const char* FaultVfs::name() const { return state_->name.c_str(); }

void FaultVfs::fail_at(Call call, int nth, With with, bool from_then_on) {
  const std::lock_guard lock(state_->mutex);
  state_->call = call;
  state_->left = nth;
  state_->code = with == With::full ? SQLITE_FULL : SQLITE_IOERR;
  state_->from_then_on = from_then_on;
  state_->hit = false;
}

void FaultVfs::heal() {
  const std::lock_guard lock(state_->mutex);
  state_->left = 0;
}

std::int64_t FaultVfs::read() const {
  const std::lock_guard lock(state_->mutex);
  return state_->read;
}

void FaultVfs::before_next(Call call, std::function<void()> what) {
  const std::lock_guard lock(state_->mutex);
  state_->before = call;
  state_->what = std::move(what);
}

std::int64_t FaultVfs::slept() const {
  const std::lock_guard lock(state_->mutex);
  return state_->slept;
}

bool FaultVfs::hit() const {
  const std::lock_guard lock(state_->mutex);
  return state_->hit;
}

}  // namespace chancery::test
