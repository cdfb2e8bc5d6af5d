#include <cstdio>
#include <iostream>
#include <iterator>
#include <limits>

#include <CLI/CLI.hpp>

#include "dynamodb/partiql/statements.h"
#include "dynamodb/wire.h"
#include "management/builtin_commands.h"
#include "management/database.h"

namespace management {
namespace {

// Past the models: it sees tables and attributes as DynamoDB does.
class Ddb : public Command {
 public:
  Ddb()
      : Command("ddb",
                "Run a PartiQL statement on the database's tables and print its items, each as a "
                "line of DynamoDB's JSON. It reads and writes past the models: after a write, "
                "check --data tells what no longer agrees.",
                R"(./manage ddb 'SELECT * FROM demo_app_post WHERE pk = ?' '{"S":"3f2b…"}')") {}

  void arguments(CLI::App& app) override {
    app.add_option("statement", statement_, "The statement; - reads it from standard input")
        ->required();
    app.add_option("parameters", parameters_,
                   "A value for each ? of the statement, in DynamoDB's JSON: '{\"N\":\"5\"}'");
    app.add_option("--limit", limit_, "At most so many items; none: all there are")
        ->check(CLI::Range(1u, std::numeric_limits<std::uint32_t>::max()).description(""));
    app.add_flag("--consistent", consistent_, "Read what was written last (twice the price)");
  }

  int run(Context& context) override {
    dynamodb::Client& client = context.database_without_tables().connection().client();
    dynamodb::partiql::ExecuteStatementRequest request{.statement = statement()};
    std::size_t printed = 0;
    double units = 0;
    do {
      // Of items looked at, so that none is paid for that is not wanted.
      if (limit_ > 0) request.limit = static_cast<std::uint32_t>(limit_ - printed);
      auto page = dynamodb::partiql::execute_statement(client, request);
      if (!page) throw CommandError(page.error().message);
      print(page->items);
      printed += page->items.size();
      units += page->consumed.total();
      request.next_token = std::move(page->next_token);
    } while (request.next_token && (limit_ == 0 || printed < limit_));
    context.output().note("%zu item%s; %g capacity unit%s.\n", printed, printed == 1 ? "" : "s",
                          units, units == 1 ? "" : "s");
    return 0;
  }

 private:
  dynamodb::partiql::StatementRequest statement() const {
    dynamodb::partiql::StatementRequest request{.statement = statement_,
                                                .consistent_read = consistent_};
    if (statement_ == "-") request.statement.assign(std::istreambuf_iterator<char>(std::cin), {});
    for (const std::string& text : parameters_) {
      auto value = dynamodb::wire::decode_value(text);
      if (!value) throw CommandError("the parameter " + text + ": " + value.error().message);
      request.parameters.push_back(std::move(*value));
    }
    return request;
  }

  static void print(const dynamodb::ItemList& items) {
    std::string line;
    for (std::size_t i = 0; i < items.size(); ++i) {
      line.clear();
      dynamodb::wire::append_json(line, items[i]);
      std::puts(line.c_str());
    }
  }

  std::string statement_{};
  std::vector<std::string> parameters_{};
  std::uint32_t limit_ = 0;
  bool consistent_ = false;
};

}  // namespace

std::unique_ptr<Command> make_ddb() { return std::make_unique<Ddb>(); }

}  // namespace management
