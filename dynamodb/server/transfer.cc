#include "dynamodb/server/transfer.h"

#include <istream>
#include <ostream>
#include <thread>

#include "dynamodb/batch.h"
#include "dynamodb/wire.h"

namespace dynamodb::server {
namespace {

constexpr std::size_t kItemsAtOnce = 1000;
constexpr std::size_t kBytesAtOnce = 8 << 20;
constexpr std::string_view kTablePrefix = "{\"Table\":";

Error at_line(std::uint64_t line, const Error& error) {
  return {error.code, "line " + std::to_string(line) + ": " + error.message};
}

// The description in the first line, where it is one.
Result<std::optional<TableDefinition>> read_definition(const std::string& line) {
  if (!line.starts_with(kTablePrefix) || !line.ends_with('}'))
    return std::optional<TableDefinition>();
  auto definition = wire::decode<TableDefinition>(
      std::string_view(line).substr(kTablePrefix.size(), line.size() - kTablePrefix.size() - 1));
  if (definition.has_error()) return at_line(1, definition.error());
  return std::optional<TableDefinition>(std::move(*definition));
}

Result<void> make_table(Client& client, const TableDefinition& definition) {
  constexpr std::chrono::milliseconds kPause{200};
  constexpr std::chrono::minutes kPatience{5};
  auto description = client.describe_table(definition.name);
  if (description.has_error()) {
    if (description.error().code != ErrorCode::resource_not_found) return description.error();
    description = client.create_table(definition);
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (description.has_value() && description->status != TableStatus::active &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPause);
    description = client.describe_table(definition.name);
  }
  if (description.has_error()) return description.error();
  if (description->status != TableStatus::active)
    return unavailable("the table " + definition.name + " is not ACTIVE after five minutes");
  return {};
}

class Importer {
 public:
  Importer(Client& client, std::string table) : client_(client), table_(std::move(table)) {}

  Result<void> add(const std::string& line, std::uint64_t number) {
    // Its result has the same form.
    auto decoded = wire::decode<GetItemResult>(line);
    if (decoded.has_error()) return at_line(number, decoded.error());
    if (!decoded->item)
      return validation_error("line " + std::to_string(number) + " has no member Item");
    writes_.push_back(PutRequest{unpack(decoded->item->view())});
    bytes_ += line.size();
    if (writes_.size() < kItemsAtOnce && bytes_ < kBytesAtOnce) return {};
    return flush();
  }

  Result<void> flush() {
    if (writes_.empty()) return {};
    const std::size_t count = writes_.size();
    auto result = write_all(client_, {{table_, std::exchange(writes_, {})}});
    bytes_ = 0;
    if (!result.not_written.empty()) {
      const Error& why = result.not_written.front().why;
      return Error{why.code, "after " + std::to_string(written_) + " items: " + why.message};
    }
    written_ += count;
    return {};
  }

  std::uint64_t written() const { return written_; }

 private:
  Client& client_;
  const std::string table_;
  std::vector<WriteRequest> writes_;
  std::size_t bytes_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace

Result<std::uint64_t> export_table(Client& client, const std::string& table, std::ostream& out,
                                   const Progress& progress) {
  const auto description = client.describe_table(table);
  if (description.has_error()) return description.error();
  out << kTablePrefix << wire::encode(description->definition) << "}\n";
  std::uint64_t count = 0;
  ScanRequest request{.table = table, .consistent_read = true};
  std::string lines;
  for (;;) {
    const auto page = client.scan(request);
    if (page.has_error()) return page.error();
    lines.clear();
    for (std::size_t i = 0; i < page->items.size(); ++i) {
      lines += "{\"Item\":";
      wire::append_json(lines, page->items[i]);
      lines += "}\n";
    }
    out << lines;
    count += page->items.size();
    if (progress) progress(count);
    if (!page->last_evaluated_key || !out) break;
    request.exclusive_start_key = *page->last_evaluated_key;
  }
  out.flush();
  if (!out) return internal_error("the export could not be written: is the disk full?");
  return count;
}

Result<std::uint64_t> import_table(Client& client, const std::string& table, std::istream& in,
                                   const Progress& progress) {
  std::string line;
  std::getline(in, line);
  auto definition = read_definition(line);
  if (definition.has_error()) return definition.error();
  if (*definition) {
    if (!table.empty()) (*definition)->name = table;
    if (auto made = make_table(client, **definition); made.has_error()) return made.error();
  } else if (table.empty()) {
    return validation_error("the first line names no table: say which one is meant");
  }
  Importer importer(client, table.empty() ? (*definition)->name : table);
  std::uint64_t number = 1;
  for (bool more = *definition ? static_cast<bool>(std::getline(in, line)) : !line.empty(); more;
       more = static_cast<bool>(std::getline(in, line))) {
    ++number;
    if (line.empty()) continue;
    if (auto done = importer.add(line, *definition ? number : number - 1); done.has_error())
      return done.error();
    if (progress) progress(importer.written());
  }
  if (auto done = importer.flush(); done.has_error()) return done.error();
  return importer.written();
}

}  // namespace dynamodb::server
