#include <cstdio>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/unique.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/model_selection.h"
#include "management/progress.h"
#include "management/project.h"

namespace management {
namespace {

using dynamo_backend::Connection;
using dynamo_backend::ModelInfo;

// Deletes all rows of a table, and then the claims of their unique values: should it break off in
// between, `check --data --repair` deletes the rest of those.
std::uint64_t delete_rows(const Connection& connection, const ModelInfo& model,
                          Progress& progress) {
  dynamodb::ScanRequest request{.table = connection.table(model.table), .consistent_read = true};
  for (const auto* key : {model.partition, model.sort}) {
    if (key) request.projection.emplace_back(key->attribute);
  }
  std::uint64_t rows = 0;
  for (;;) {
    const auto page = connection.client().scan(request);
    if (!page && page.error().code == dynamodb::ErrorCode::resource_not_found) return rows;
    if (!page) throw dynamo_backend::DatabaseError(page.error(), model.label());
    std::vector<dynamodb::WriteRequest> deletes;
    for (std::size_t i = 0; i < page->items.size(); ++i)
      deletes.emplace_back(dynamodb::DeleteRequest{dynamo_backend::key_of(model, page->items[i])});
    rows += deletes.size();
    dynamo_backend::batch_write(connection, request.table, std::move(deletes));
    progress.add(page->items.size());
    if (!page->last_evaluated_key) break;
    request.exclusive_start_key = *page->last_evaluated_key;
  }
  if (!model.unique.empty()) dynamo_backend::delete_claims(connection, model);
  return rows;
}

class Flush : public Command {
 public:
  Flush()
      : Command(
            "flush",
            "Delete every row of all models, or of those that are named. Tables stay; no signal "
            "is sent and on_delete does not matter.",
            "./manage flush demo_app.Comment --no-input") {}

  void arguments(CLI::App& app) override {
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    // One value each, so that labels may follow.
    app.add_option("-e,--exclude", excluded_, "An app or a model to leave alone; may be repeated")
        ->allow_extra_args(false);
    app.add_flag("--no-input,--noinput", no_input_, "Do not ask");
  }

  int run(Context& context) override {
    const auto& connection = context.database_without_tables().connection();
    const auto models = select_models(dynamo_backend::Registry::instance(), labels_, excluded_);
    const std::string database = database_name(context.settings().dynamo_backend);
    if (!no_input_ && !confirmed(models, database))
      throw CommandError("nothing was deleted; --no-input deletes without asking");
    std::uint64_t rows = 0, estimate = 0;
    for (const auto* model : models) {
      const auto table = connection.client().describe_table(connection.table(model->table));
      if (table) estimate += table->item_count;
    }
    Progress progress(context.output(), "rows", estimate);
    for (const auto* model : models) rows += delete_rows(connection, *model, progress);
    progress.finish();
    context.output().say("Deleted %llu rows of %zu models.\n",
                         static_cast<unsigned long long>(rows), models.size());
    return 0;
  }

 private:
  static bool confirmed(const std::vector<const ModelInfo*>& models, const std::string& database) {
    if (::isatty(STDIN_FILENO) == 0) return false;
    std::fprintf(stderr, "This deletes every row in %s of", database.c_str());
    for (const auto* model : models) std::fprintf(stderr, " %s", model->label().c_str());
    std::fprintf(stderr, ".\nType 'yes' to go on: ");
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "yes";
  }

  std::vector<std::string> labels_{}, excluded_{};
  bool no_input_ = false;
};

}  // namespace

std::unique_ptr<Command> make_flush() { return std::make_unique<Flush>(); }

}  // namespace management
