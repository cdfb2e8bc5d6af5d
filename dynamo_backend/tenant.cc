#include "dynamo_backend/tenant.h"

namespace dynamo_backend {
namespace {
thread_local const TenantScope* innermost = nullptr;
}  // namespace

TenantScope::TenantScope(std::string_view tenant) : tenant_(tenant), before_(innermost) {
  innermost = this;
}
TenantScope::~TenantScope() { innermost = before_; }

std::string_view TenantScope::current() {
  return innermost ? std::string_view(innermost->tenant_) : std::string_view();
}

}  // namespace dynamo_backend
