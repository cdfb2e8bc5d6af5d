#include "dynamo_backend/search/service.h"

#include <atomic>

namespace dynamo_backend::search {
namespace {

std::atomic<Service*> current_service{nullptr};

}  // namespace

Service& Service::current() {
  if (Service* service = find_current()) return *service;
  throw Unavailable("This process has no search: it was started without search::Service.");
}

Service* Service::find_current() { return current_service.load(); }

void Service::set_current(Service* service) { current_service.store(service); }

}  // namespace dynamo_backend::search
