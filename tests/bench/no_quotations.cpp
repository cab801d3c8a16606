// In place of service/quotations.cpp, for a daemon that looks for no quoted text: what the index costs the main job is
// the difference. Stands beside the benchmark, is never installed.
#include "daemon/service/quotations.h"

namespace chancery::service {

Quotations::Quotations(Node node, QuotationOptions options)
    : node_(std::move(node)), options_(options), by_(Bytes(32)) {}

Quotations::~Quotations() = default;

Result<FoundQuotes> Quotations::look(const core::Draft& /*draft*/) { return FoundQuotes(); }
Result<bool> Quotations::catch_up() { return true; }
Result<void> Quotations::tend() { return {}; }

}  // namespace chancery::service
