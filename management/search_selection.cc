#include "management/search_selection.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "management/command.h"
#include "management/database.h"
#include "management/model_selection.h"

namespace management {
namespace {

namespace search = dynamo_backend::search;
using std::chrono::milliseconds;

std::atomic<bool> signalled = false;
void on_signal(int signal) {
  if (signalled.exchange(true)) ::_exit(128 + signal);
}

}  // namespace

std::vector<search::IndexDefinition> select_indexes(Context& context,
                                                    const std::vector<std::string>& labels) {
  const auto& connection = context.database().connection();
  std::vector<search::IndexDefinition> indexes;
  for (const auto* model : select_models(dynamo_backend::Registry::instance(), labels))
    if (model->meta.opensearch_sync)
      indexes.push_back(search::index_definition(connection, *model));
  if (indexes.empty())
    throw CommandError(
        "no model among these has an index: say .opensearch_sync = true in its define()");
  return indexes;
}

search::sync::SyncOptions sync_options(const base::DynamoBackendSettings& settings) {
  const std::string url = settings.endpoint_url.value_or("");
  return search::sync::sync_options(url.starts_with("local:") || url.starts_with("unix:"));
}

StopSignals::StopSignals() {
  signalled = false;
  before_int_ = std::signal(SIGINT, on_signal);
  before_term_ = std::signal(SIGTERM, on_signal);
}

StopSignals::~StopSignals() {
  std::signal(SIGINT, before_int_);
  std::signal(SIGTERM, before_term_);
}

bool StopSignals::stopped() { return signalled; }

bool StopSignals::wait(milliseconds time) {
  for (constexpr milliseconds kPart(50); !signalled && time > milliseconds(0); time -= kPart)
    std::this_thread::sleep_for(std::min(time, kPart));
  return !signalled;
}

}  // namespace management
