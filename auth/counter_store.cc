#include "auth/counter_store.h"

#include "auth/counters.h"

namespace auth {
namespace {

class DatabaseCounters : public web::CounterStore {
  Count count_up(const std::string& key, std::chrono::seconds life) override {
    const auth::Count counted = auth::count_up("rate:" + key, life);
    return {counted.count, counted.until};
  }
};

}  // namespace

std::shared_ptr<web::CounterStore> counter_store() { return std::make_shared<DatabaseCounters>(); }

}  // namespace auth
