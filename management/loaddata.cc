#include <CLI/CLI.hpp>

#include "base/log.h"
#include "dynamo_backend/text.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/fixtures/load.h"
#include "management/model_selection.h"
#include "management/progress.h"
#include "management/project.h"

namespace management {
namespace {

class LoadData : public Command {
 public:
  LoadData()
      : Command(
            "loaddata",
            "Write the rows of fixtures (what dumpdata writes) into their tables. Every line is "
            "checked before the first is written. A row whose key exists is replaced; loading "
            "twice is loading once.",
            "./manage loaddata blog.jsonl.gz") {}

  void arguments(CLI::App& app) override {
    app.add_option("fixtures", fixtures_, "Files, by gzip or not; - is standard input")
        ->required()
        ->type_name("FILE");
    app.add_flag("--insert-only", options_.insert_only, "Leave rows whose key exists as they are");
    app.add_flag("--check", check_, "Only check the lines; write nothing");
    app.add_flag("--validate", options_.validate,
                 "Also refuse rows that save() would: lengths, forms, the model's clean()");
    app.add_flag("-i,--ignore-unknown", options_.ignore_unknown,
                 "Pass lines of models that the project does not have over");
    // One value each, so that files may follow.
    app.add_option("-e,--exclude", excluded_, "An app or a model to leave out; may be repeated")
        ->allow_extra_args(false);
  }

  int run(Context& context) override {
    Database& database = check_ ? context.database_without_tables() : context.database();
    const auto& connection = database.connection();
    const auto& registry = dynamo_backend::Registry::instance();
    for (const auto* model : registry.models()) {
      options_.models.emplace(dynamo_backend::ascii_lower(model->label()), model);
    }
    if (!excluded_.empty()) options_.excluded = select_models(registry, excluded_);
    std::vector<std::unique_ptr<LineReader>> files;
    std::uint64_t rows = 0, wrong = 0;
    FixtureTables tables;
    for (const auto& path : fixtures_) {
      files.push_back(std::make_unique<LineReader>(path));
      CheckedFile checked = check_fixture(*files.back(), options_, report);
      rows += checked.rows;
      wrong += checked.wrong;
      tables.merge(checked.tables);
    }
    if (wrong > 0)
      throw CommandError(std::to_string(wrong) + (wrong == 1 ? " line does" : " lines do") +
                         " not fit; nothing was written");
    if (check_) {
      std::printf("Checked %s rows: every line fits.\n", std::to_string(rows).c_str());
      return 0;
    }
    check_tables(connection, tables);
    return load(context.output(), connection, files, rows);
  }

 private:
  int load(const Output& output, const dynamo_backend::Connection& connection,
           const std::vector<std::unique_ptr<LineReader>>& files, std::uint64_t rows) {
    Progress progress(output, "rows", rows);
    Loaded all;
    for (const auto& file : files) {
      Loaded loaded = load_fixture(connection, *file, options_,
                                   [&progress](std::uint64_t count) { progress.add(count); });
      all.written += loaded.written;
      all.kept += loaded.kept;
      std::move(loaded.problems.begin(), loaded.problems.end(), std::back_inserter(all.problems));
    }
    progress.finish();
    for (const LoadProblem& problem : all.problems) report(problem);
    output.say("Loaded %s rows from %zu fixtures", std::to_string(all.written).c_str(),
               files.size());
    if (options_.insert_only)
      output.say("; %s were there and stay", std::to_string(all.kept).c_str());
    output.say(".\n");
    if (!all.problems.empty())
      throw CommandError(std::to_string(all.problems.size()) +
                         " rows were not written: others have their unique values");
    return 0;
  }

  static void report(const LoadProblem& problem) {
    std::fprintf(stderr, "%s: %s\n", problem.where.c_str(),
                 base::escape_controls(problem.text).c_str());
  }

  std::vector<std::string> fixtures_{}, excluded_{};
  LoadOptions options_{};
  bool check_ = false;
};

}  // namespace

std::unique_ptr<Command> make_loaddata() { return std::make_unique<LoadData>(); }

}  // namespace management
