#include <CLI/CLI.hpp>

#include "dynamo_backend/search/sync/status.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/search.h"
#include "management/search_selection.h"
#include "management/stop_signals.h"

namespace management {
namespace {

namespace search = dynamo_backend::search;
namespace sync = dynamo_backend::search::sync;

class OpenSearchSync : public Command {
 public:
  OpenSearchSync()
      : Command(
            "opensearch_sync",
            "Keep the full-text indexes as their tables are, until Ctrl-C. runserver does so by "
            "itself; where several run, one of them does.",
            "./manage opensearch_sync demo_app.Post") {}

  void arguments(CLI::App& app) override {
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    app.add_flag("--once", once_, "End when nothing is left to be written");
  }

  int run(Context& context) override {
    const auto indexes = select_indexes(context, labels_);
    const auto& connection = context.database().connection();
    const auto backend = open_search_backend(context.settings());
    const StopSignals signals;
    sync::SyncThreads threads(connection, *backend, indexes,
                              sync_options(context.settings().dynamo_backend));
    const auto done = [&](const search::IndexDefinition& index) {
      const auto status = sync::index_status(connection, *backend, index);
      return sync::live_version(status) > 0 && status.backlog == std::size_t{0};
    };
    while (StopSignals::wait(std::chrono::milliseconds(once_ ? 100 : 1000))) {
      if (once_ && std::all_of(indexes.begin(), indexes.end(), done)) break;
    }
    threads.stop();
    if (once_ && !StopSignals::stopped()) {
      for (const auto& index : indexes)
        context.output().say("%s: nothing is left to be written\n", index.name.c_str());
    }
    return 0;
  }

 private:
  std::vector<std::string> labels_{};
  bool once_ = false;
};

}  // namespace

std::unique_ptr<Command> make_opensearch_sync() { return std::make_unique<OpenSearchSync>(); }

}  // namespace management
