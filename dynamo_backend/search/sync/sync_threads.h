// SyncThreads: keeps indexes as their tables are, each on a thread of its own, until stop(): what
// `runserver` and `./manage opensearch_sync` run.
// Thread safety: any thread.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dynamo_backend/search/sync/index_sync.h"

namespace dynamo_backend::search::sync {

class SyncThreads {
 public:
  // REQUIRES: `connection`, which is the current one, and `backend` outlive it.
  SyncThreads(const Connection& connection, Backend& backend, std::vector<IndexDefinition> indexes,
              const SyncOptions& options = {});
  ~SyncThreads() { stop(); }
  SyncThreads(const SyncThreads&) = delete;
  SyncThreads& operator=(const SyncThreads&) = delete;

  // Ends at the next batch; what was done is kept.
  void stop();
  // For ServiceOptions::on_missing. Indexes that are not among them are passed over.
  void report_missing(const IndexDefinition& index, std::vector<std::string> document_keys);

 private:
  std::map<std::string, std::unique_ptr<IndexSync>> syncs_{};  // by name of index
  std::vector<std::thread> threads_{};
  std::stop_source stop_{};
  std::mutex mutex_{};  // of stop()
};

// What fits the database: DynamoDB bounds how often a stream is read, the embedded engine does not.
SyncOptions sync_options(bool embedded);

}  // namespace dynamo_backend::search::sync
