#include <CLI/CLI.hpp>

#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/fixtures/line_file.h"
#include "management/inspect/model_writer.h"
#include "management/project.h"
#include "management/scaffold/scaffold.h"

namespace management {
namespace {

class InspectDb : public Command {
 public:
  InspectDb()
      : Command(
            "inspectdb",
            "Write models of tables that exist, from their keys and a sample of their rows: all "
            "tables, or those that are named (without the table_prefix).",
            "./manage inspectdb orders customers --namespace shop --output shop/models.h") {}

  void arguments(CLI::App& app) override {
    app.add_option("tables", options_.tables, "Tables; none: all but the library's own");
    app.add_option("--sample", options_.sample, "Rows of each table to look at")
        ->check(CLI::Range(0ull, 1'000'000'000ull))
        ->capture_default_str();
    app.add_option("--namespace", namespace_, "The models' namespace: the app's name")
        ->capture_default_str();
    app.add_option("-o,--output", output_, "The file; it comes into being whole")
        ->type_name("FILE");
  }

  int run(Context& context) override {
    if (const auto problem = namespace_problem(namespace_); !problem.empty())
      throw CommandError("\"" + namespace_ + "\" cannot be a namespace: " + problem);
    const auto& connection = context.database_without_tables().connection();
    const auto tables = inspect_tables(connection, options_);
    LineWriter out(output_);
    out.write(write_models(tables, namespace_));
    out.finish();
    context.output().note("Wrote models of %zu tables.\n", tables.size());
    return 0;
  }

 private:
  InspectOptions options_{};
  std::string namespace_ = "inspected", output_ = "-";
};

}  // namespace

std::unique_ptr<Command> make_inspectdb() { return std::make_unique<InspectDb>(); }

}  // namespace management
