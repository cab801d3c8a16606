#include "daemon/service/numbering.h"

#include "daemon/core/registry_number.h"

namespace chancery::service {

Result<std::string> next_number(store::Transaction& tx, const std::string& series) {
  const auto year = static_cast<std::uint32_t>(std::stoul(to_string(tx.now()).substr(0, 4)));
  const auto number = TRY(tx.next_number(series, static_cast<int>(year)));
  return core::RegistryNumber{series, year, static_cast<std::uint32_t>(number)}.text();
}

}  // namespace chancery::service
