#include "daemon/writer_probe.h"

namespace chancery {

bool WriterProbe::moves() {
  const auto entries = store_.checkpoint().size.value;
  const bool grown = std::exchange(entries_, entries) != entries;
  const bool moved = std::exchange(first_, false) || grown || *asked_ == Asked::done;
  if (*asked_ == Asked::waits) return moved;
  *asked_ = Asked::waits;
  store_.post<int>(
      0, [](store::Transaction&) -> Result<int> { return 0; },
      // Turned away because too much waits already, it says nothing about the writer; it asks again.
      [asked = asked_](const Result<int>& result, const store::Commit&) {
        *asked = !result && result.error().code == Errc::busy ? Asked::nothing : Asked::done;
      });
  return moved;
}

}  // namespace chancery
