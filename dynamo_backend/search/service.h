// Service: where searches go: the process's Backend, and what is done when a hit's row is gone.
//
// The process has one, set at start from the settings; ScopedService swaps it for a test's scope.
// Thread safety: any thread; immutable once made.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search {

struct ServiceOptions {
  // Keys that the index found and the table does not have: for repair. Called on the searching
  // thread; must not block.
  std::function<void(const IndexDefinition&, std::vector<std::string> keys)> on_missing{};
  // The index is not there: someone should rebuild it. Called as above.
  std::function<void(const IndexDefinition&)> on_index_missing{};
  // When search is down: a bounded read of the table instead of Unavailable. For development.
  bool fall_back_to_table = false;
};

class Service {
 public:
  explicit Service(std::shared_ptr<Backend> backend, ServiceOptions options = {})
      : backend_(std::move(backend)), options_(std::move(options)) {}
  // Throws Unavailable where the process has none.
  static Service& current();
  static Service* find_current();
  // REQUIRES: `service` outlives its use; nullptr takes it away.
  static void set_current(Service* service);

  Backend& backend() const { return *backend_; }
  const ServiceOptions& options() const { return options_; }

 private:
  std::shared_ptr<Backend> backend_;
  ServiceOptions options_;
};

class ScopedService {
 public:
  explicit ScopedService(std::shared_ptr<Backend> backend, ServiceOptions options = {})
      : service_(std::move(backend), std::move(options)), before_(Service::find_current()) {
    Service::set_current(&service_);
  }
  ~ScopedService() { Service::set_current(before_); }
  ScopedService(const ScopedService&) = delete;
  ScopedService& operator=(const ScopedService&) = delete;

 private:
  Service service_;
  Service* before_;
};

}  // namespace dynamo_backend::search
