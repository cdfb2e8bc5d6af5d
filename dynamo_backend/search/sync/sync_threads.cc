#include "dynamo_backend/search/sync/sync_threads.h"

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend::search::sync {

using std::chrono::milliseconds;

SyncThreads::SyncThreads(const Connection& connection, Backend& backend,
                         std::vector<IndexDefinition> indexes, const SyncOptions& options) {
  for (IndexDefinition& index : indexes) {
    const std::string name = index.name;
    if (const auto other = syncs_.find(name); other != syncs_.end())
      throw ImproperlyConfigured(index.model->name +
                                 " and another model have one full-text index, " + name +
                                 ": give one of them another .opensearch_index.");
    syncs_.emplace(name, std::make_unique<IndexSync>(connection, backend, std::move(index), options,
                                                     stoppable_wait(stop_.get_token())));
  }
  for (const auto& [name, sync] : syncs_) threads_.emplace_back([&each = *sync] { each.run(); });
}

void SyncThreads::stop() {
  stop_.request_stop();
  const std::lock_guard lock(mutex_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void SyncThreads::report_missing(const IndexDefinition& index,
                                 std::vector<std::string> document_keys) {
  if (const auto it = syncs_.find(index.name); it != syncs_.end())
    it->second->look_again_at(std::move(document_keys));
}

SyncOptions sync_options(bool embedded) {
  if (embedded) return {};
  SyncOptions options{.first_idle = milliseconds(200), .longest_idle = milliseconds(1000)};
  options.reader.shard_interval = milliseconds(200);
  options.rebuild.segments = 4;
  return options;
}

}  // namespace dynamo_backend::search::sync
