#include <CLI/CLI.hpp>

#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/fixtures/dump.h"
#include "management/fixtures/line_file.h"
#include "management/model_selection.h"
#include "management/progress.h"
#include "management/project.h"

namespace management {
namespace {

class DumpData : public Command {
 public:
  DumpData()
      : Command("dumpdata",
                "Write rows as lines of JSON, exactly as they are stored: every model's, or those "
                "that are named. Memory stays constant; loaddata reads it back.",
                "./manage dumpdata demo_app --exclude demo_app.Comment --output blog.jsonl.gz") {}

  void arguments(CLI::App& app) override {
    app.add_option("labels", labels_, "Apps and models: app, app.Model; none: all");
    // One value each, so that labels may follow.
    app.add_option("-e,--exclude", excluded_, "An app or a model to leave out; may be repeated")
        ->allow_extra_args(false);
    app.add_option("-o,--output", output_,
                   "The file; by gzip where its name ends with .gz. It comes into being whole")
        ->type_name("FILE");
    app.add_option("--pks", keys_, "Only these rows, of one model: keys with commas between")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_flag("--tables", tables_,
                 "Also how each table is made, so that loaddata makes those that are missing");
  }

  int run(Context& context) override {
    const auto& connection = context.database_without_tables().connection();
    DumpOptions options{
        .models = select_models(dynamo_backend::Registry::instance(), labels_, excluded_),
        .keys = keys_,
        .tables = tables_};
    // --pks means the model itself, not its join tables.
    if (!keys_.empty())
      std::erase_if(options.models, [](const auto* model) { return !model->row.make; });
    LineWriter out(output_);
    Progress progress(context.output(), "rows", estimated_rows(connection, options));
    const std::uint64_t rows = dump_rows(
        connection, options, [&out](std::string_view lines) { out.write(lines); },
        [&progress](std::uint64_t count) { progress.add(count); });
    out.finish();
    progress.finish();
    context.output().note("Dumped %llu rows of %zu models.\n",
                          static_cast<unsigned long long>(rows), options.models.size());
    return 0;
  }

 private:
  std::vector<std::string> labels_{}, excluded_{}, keys_{};
  std::string output_ = "-";
  bool tables_ = false;
};

}  // namespace

std::unique_ptr<Command> make_dumpdata() { return std::make_unique<DumpData>(); }

}  // namespace management
