// TenantScope: for whom this thread works. Cursors are bound to it: one that a tenant was given
// does not open for another, although both ask for the same list.
//
//   TenantScope tenant(request_tenant);   // where a request begins, e.g. in a middleware
// Without a scope cursors belong to the tenant "". It filters no rows: that is the condition's
// task. Thread safety: of one thread; scopes may be nested.
#pragma once
#include <string>
#include <string_view>

namespace dynamo_backend {

class TenantScope {
 public:
  explicit TenantScope(std::string_view tenant);
  ~TenantScope();
  TenantScope(const TenantScope&) = delete;
  TenantScope& operator=(const TenantScope&) = delete;
  static std::string_view current();  // of this thread; until the scope ends

 private:
  std::string tenant_;
  const TenantScope* before_;
};

}  // namespace dynamo_backend
