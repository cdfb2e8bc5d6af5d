// `search verify`, `search repair`, `search_status` and `search_dead_letters`.
#include <cstdio>

#include <CLI/CLI.hpp>

#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/status.h"
#include "dynamo_backend/search/sync/verify.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/search.h"
#include "management/search_selection.h"
#include "management/stop_signals.h"

namespace management {
namespace {

namespace search = dynamo_backend::search;
namespace sync = dynamo_backend::search::sync;
using dynamo_backend::Connection;
using search::IndexDefinition;

constexpr std::size_t kListed = 20;  // differences that are printed

unsigned long long shown(std::uint64_t number) { return number; }

std::string shown(const std::optional<std::int64_t>& version) {
  return version ? std::to_string(*version) : "none";
}
std::string shown(const std::optional<base::Timestamp>& time) {
  return time ? base::to_iso(*time) : "never";
}

// What such commands work on.
struct Work {
  Work(Context& context, const std::vector<std::string>& labels)
      : indexes(select_indexes(context, labels)),
        connection(context.database().connection()),
        backend(open_search_backend(context.settings())) {}
  const std::vector<IndexDefinition> indexes;
  const Connection& connection;
  const std::shared_ptr<search::Backend> backend;
  const StopSignals signals{};
};

class CompareIndexes : public Command {
 public:
  CompareIndexes()
      : Command("search",
                "Compare full-text indexes with their tables (verify), and mend what differs "
                "(repair).",
                "./manage search verify demo_app.Post") {}

  void arguments(CLI::App& app) override {
    app.add_option("action", action_, "verify or repair")
        ->required()
        ->check(CLI::IsMember({"verify", "repair"}));
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    app.add_option("--segments", options_.segments, "Parts of the table that are read at once")
        ->check(CLI::Range(1, 16))
        ->capture_default_str();
    app.add_option("--patience", patience_, "Seconds for changes on their way to arrive")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
  }

  int run(Context& context) override {
    const Work work(context, labels_);
    bool clean = true;
    options_.patience = std::chrono::seconds(patience_);
    try {
      for (const auto& index : work.indexes) clean = look_at(work, index) && clean;
    } catch (const sync::Stopped&) {
      throw CommandError("stopped");
    }
    return clean ? 0 : 1;
  }

 private:
  bool look_at(const Work& work, const IndexDefinition& index) const {
    const auto verify = [&] {
      return sync::verify(work.connection, *work.backend, index, options_, StopSignals::wait);
    };
    auto result = verify();
    for (bool more = action_ == "repair"; more && !result.differences.empty();) {
      more = result.more;
      std::vector<std::string> keys;
      for (const auto& difference : result.differences) keys.push_back(difference.key);
      const std::size_t repaired = sync::repair_keys(work.connection, *work.backend, index,
                                                     std::move(keys), StopSignals::wait);
      std::printf("%s: %zu rows indexed anew.\n", index.name.c_str(), repaired);
      result = verify();
    }
    tell(index, result);
    return result.differences.empty();
  }

  static void tell(const IndexDefinition& index, const sync::Verification& result) {
    const std::size_t count = result.differences.size();
    std::printf("%s: %llu rows, %llu documents, %s%s differences.\n", index.name.c_str(),
                shown(result.rows), shown(result.documents), result.more ? "more than " : "",
                count == 0 ? "no" : std::to_string(count).c_str());
    for (std::size_t i = 0; i < std::min(count, kListed); ++i) {
      const auto& difference = result.differences[i];
      std::printf("  %s: version %s in the table, %s in the index\n", difference.key.c_str(),
                  shown(difference.in_table).c_str(), shown(difference.in_index).c_str());
    }
    if (count > kListed) std::printf("  and %zu more\n", count - kListed);
  }

  std::string action_{};
  std::vector<std::string> labels_{};
  sync::VerifyOptions options_{};
  unsigned patience_ = 10;
};

class SearchStatus : public Command {
 public:
  SearchStatus()
      : Command("search_status",
                "Tell of each full-text index its versions, documents, worker, lag, backlog, dead "
                "letters, and when it was verified.",
                "./manage search_status") {}

  void arguments(CLI::App& app) override {
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    app.add_flag("--metrics", metrics_, "One gauge a line, as Prometheus reads them");
  }

  int run(Context& context) override {
    const Work work(context, labels_);
    std::vector<sync::IndexStatus> all;
    for (const auto& index : work.indexes)
      all.push_back(sync::index_status(work.connection, *work.backend, index));
    if (metrics_) {
      std::printf("%s", sync::metrics_text(all).c_str());
      return 0;
    }
    std::printf("backend: %s\n", work.backend->health().detail.c_str());
    for (const auto& status : all) tell(status);
    return 0;
  }

 private:
  static void tell(const sync::IndexStatus& status) {
    std::printf("%s (%s)\n", status.index.c_str(), status.model.c_str());
    constexpr const char* kStates[] = {"being built", "searched", "kept"};
    for (const auto& version : status.versions)
      std::printf("  version %d      %s, %llu documents\n", version.number,
                  kStates[static_cast<int>(version.state)], shown(version.documents));
    if (status.versions.empty()) std::printf("  no version     it is built by the next worker\n");
    std::printf("  table          about %llu rows\n", shown(status.rows));
    if (status.worker)
      std::printf("  worker         process %lld on %s, heartbeat %s\n",
                  static_cast<long long>(status.worker->pid), status.worker->host.c_str(),
                  base::to_iso(status.worker->heartbeat).c_str());
    else
      std::printf("  worker         none: run ./manage runserver or ./manage opensearch_sync\n");
    std::printf("  last change    %s\n", shown(status.last_change).c_str());
    std::printf("  caught up      %s\n", shown(status.caught_up).c_str());
    if (status.backlog)
      std::printf("  backlog        %zu%s changes, lag %.1f s\n", *status.backlog,
                  *status.backlog >= sync::kMostBacklog ? " or more" : "",
                  static_cast<double>(status.lag.count()) / 1000);
    else
      std::printf("  backlog        not known: it must be built from the table\n");
    std::printf("  dead letters   %llu\n", shown(status.dead_letters));
    std::printf("  verified       %s, %llu differences\n", shown(status.verified).c_str(),
                shown(status.differences));
  }

  std::vector<std::string> labels_{};
  bool metrics_ = false;
};

class SearchDeadLetters : public Command {
 public:
  SearchDeadLetters()
      : Command("search_dead_letters",
                "List the rows that the full-text index refused, with the reason; --replay indexes "
                "them as they are.",
                "./manage search_dead_letters --replay") {}

  void arguments(CLI::App& app) override {
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    app.add_flag("--replay", replay_, "Index these rows again, and forget those that are taken");
  }

  int run(Context& context) override {
    const Work work(context, labels_);
    bool clean = true;
    for (const auto& index : work.indexes)
      clean = (replay_ ? replay(work, index) : list(index)) && clean;
    return clean ? 0 : 1;
  }

 private:
  static bool list(const IndexDefinition& index) {
    const auto letters = sync::dead_letters(index);
    const std::uint64_t count = sync::count_dead_letters(index);
    std::printf("%s: %llu dead letters\n", index.name.c_str(), shown(count));
    for (const auto& letter : letters)
      std::printf("  %s  version %lld, %lld tries, last %s: %s\n", letter.row_key.c_str(),
                  static_cast<long long>(letter.row_version),
                  static_cast<long long>(letter.attempts), base::to_iso(letter.last).c_str(),
                  letter.reason.c_str());
    if (count > letters.size()) std::printf("  and %llu more\n", shown(count - letters.size()));
    return true;
  }

  static bool replay(const Work& work, const IndexDefinition& index) {
    const auto result =
        sync::replay_dead_letters(work.connection, *work.backend, index, StopSignals::wait);
    std::printf("%s: %zu taken, %zu refused again\n", index.name.c_str(), result.written,
                result.still_refused);
    return result.still_refused == 0;
  }

  std::vector<std::string> labels_{};
  bool replay_ = false;
};

}  // namespace

std::unique_ptr<Command> make_search() { return std::make_unique<CompareIndexes>(); }
std::unique_ptr<Command> make_search_status() { return std::make_unique<SearchStatus>(); }
std::unique_ptr<Command> make_search_dead_letters() {
  return std::make_unique<SearchDeadLetters>();
}

}  // namespace management
