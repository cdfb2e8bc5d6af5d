#include <cstdio>

#include <CLI/CLI.hpp>

#include "dynamo_backend/search/sync/rebuild.h"
#include "dynamo_backend/search/sync/status.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/progress.h"
#include "management/search.h"
#include "management/search_selection.h"
#include "management/stop_signals.h"

namespace management {
namespace {

namespace search = dynamo_backend::search;
namespace sync = dynamo_backend::search::sync;
using dynamo_backend::Connection;

unsigned long long shown(std::uint64_t number) { return number; }

class OpenSearchReindex : public Command {
 public:
  OpenSearchReindex()
      : Command("opensearch_reindex",
                "Build full-text indexes anew from their tables, beside those that are searched "
                "meanwhile, and switch to them. A run that was cut off goes on where it was.",
                "./manage opensearch_reindex demo_app.Post --segments 4") {}

  void arguments(CLI::App& app) override {
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    app.add_flag("--reset", reset_,
                 "Begin from the start, and keep no former version for going back");
    app.add_flag("--dry-run", dry_run_, "Tell what would be done");
    app.add_option("--segments", segments_, "Parts of the table that are read at once")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_flag("--rollback", rollback_, "Search the former version again; it catches up")
        ->excludes("--reset");
  }

  int run(Context& context) override {
    const auto indexes = select_indexes(context, labels_);
    const auto& connection = context.database().connection();
    const auto backend = open_search_backend(context.settings());
    const StopSignals signals;
    int code = 0;
    for (const auto& index : indexes) {
      if (dry_run_)
        tell(connection, *backend, index);
      else if (rollback_)
        context.output().say("%s: version %d is searched again.\n", index.name.c_str(),
                             sync::roll_back(*backend, index));
      else
        code = std::max(code, rebuild(context, *backend, index));
      if (StopSignals::stopped()) return 1;
    }
    return code;
  }

 private:
  void tell(const Connection& connection, search::Backend& backend,
            const search::IndexDefinition& index) {
    const auto status = sync::index_status(connection, backend, index);
    const int live = sync::live_version(status);
    const std::string versions =
        live > 0 ? "version " + std::to_string(live) + " is searched" : "there is no index";
    std::printf("%s: would read about %llu rows of %s in %u segments; %s.\n", index.name.c_str(),
                shown(status.rows), connection.table(index.model->table).c_str(), segments_,
                versions.c_str());
  }

  int rebuild(Context& context, search::Backend& backend, const search::IndexDefinition& index) {
    const auto& connection = context.database().connection();
    // Changes that are made meanwhile: by this process, where no other one follows them.
    auto options = sync_options(context.settings().dynamo_backend);
    options.builds = false;
    const sync::SyncThreads changes(connection, backend, {index}, options);
    std::optional<Progress> progress;
    std::uint64_t rows = 0;
    sync::Rebuild* running = nullptr;
    std::mutex mutex;
    const sync::Wait wait = [&](std::chrono::milliseconds time) {
      {
        const std::lock_guard lock(mutex);
        const auto now = running->progress();
        if (now.version > 0 && !progress) progress.emplace(context.output(), "rows", now.total);
        if (progress && now.rows > rows) progress->add(now.rows - std::exchange(rows, now.rows));
      }
      return StopSignals::wait(time);
    };
    sync::Rebuild rebuild(connection, backend, index,
                          {.segments = segments_, .reset = reset_, .keep_old = !reset_}, wait);
    running = &rebuild;
    const auto result = rebuild.run();
    if (progress) progress->finish();
    const auto end = rebuild.progress();
    using Result = sync::Rebuild::Result;
    switch (result) {
      case Result::switched:
        context.output().say("%s: version %d is searched, %llu rows.\n", index.name.c_str(),
                             end.version, shown(end.rows));
        return 0;
      case Result::elsewhere:
        std::fprintf(stderr, "%s: another process is building it.\n", index.name.c_str());
        return 1;
      case Result::stopped:
        break;
    }
    std::fprintf(stderr, "%s: stopped after %llu rows. Run it again to go on.\n",
                 index.name.c_str(), shown(end.rows));
    return 1;
  }

  std::vector<std::string> labels_{};
  bool reset_ = false, dry_run_ = false, rollback_ = false;
  unsigned segments_ = 1;
};

}  // namespace

std::unique_ptr<Command> make_opensearch_reindex() { return std::make_unique<OpenSearchReindex>(); }

}  // namespace management
