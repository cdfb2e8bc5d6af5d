#include "tests/conformance/client_factory.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/uuid.h"
#include "dynamodb/aws/aws_client.h"
#include "dynamodb/expression_parser.h"
#include "dynamodb/local/connect.h"
#include "dynamodb/local/engine.h"
#include "dynamodb/server/api.h"
#include "net/http_server.h"

using namespace dynamodb;

namespace dynamodb {
namespace {

void print_text(std::string_view text, std::ostream& out) {
  constexpr std::size_t kShown = 60;
  out << '"';
  for (const char c : text.substr(0, kShown)) {
    if (c >= ' ' && c <= '~') {
      out << c;
    } else {
      out << "\\x"
          << "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4] << "0123456789ABCDEF"[c & 15];
    }
  }
  out << '"';
  if (text.size() > kShown) out << "…(" << text.size() << " bytes)";
}

template <class Members, class Print>
void print_list(const Members& members, char open, char close, std::ostream& out,
                const Print& print) {
  out << open;
  bool first = true;
  for (const auto& member : members) {
    if (!first) out << ", ";
    first = false;
    print(member);
  }
  out << close;
}

void print(const AttributeValue& value, std::ostream& out) {
  const auto as_text = [&out](const std::string& text) { print_text(text, out); };
  switch (value.type()) {
    case Type::S:
      return as_text(value.as<std::string>());
    case Type::N:
      out << value.as<Number>().text();
      return;
    case Type::B:
      out << "b";
      return as_text(value.as<Binary>().bytes);
    case Type::BOOL:
      out << (value.as<bool>() ? "true" : "false");
      return;
    case Type::NUL:
      out << "null";
      return;
    case Type::M:
      return print_list(value.as<Map>(), '{', '}', out, [&out](const auto& entry) {
        out << entry.first << ": ";
        print(entry.second, out);
      });
    case Type::L:
      return print_list(value.as<List>(), '[', ']', out,
                        [&out](const AttributeValue& element) { print(element, out); });
    case Type::SS:
      return print_list(value.as<StringSet>().members, '<', '>', out, as_text);
    case Type::NS:
      return print_list(value.as<NumberSet>().members, '<', '>', out,
                        [&out](const Number& n) { out << n.text(); });
    case Type::BS:
      out << "b";
      return print_list(value.as<BinarySet>().members, '<', '>', out, as_text);
  }
}

}  // namespace

void PrintTo(const AttributeValue& value, std::ostream* out) { print(value, *out); }
void PrintTo(const PackedItem& item, std::ostream* out) {
  print(AttributeValue(unpack(item.view())), *out);
}

}  // namespace dynamodb

namespace conformance {
namespace {

// The databases of this program, each opened once: what tests make in them has random names.
class OpenDatabases : public testing::Environment {
 public:
  Client& in_memory() {
    if (memory_ == nullptr) memory_ = local::Engine::open({});
    return *memory_;
  }
  Client& on_disk() {
    if (disk_ == nullptr) disk_ = local::Engine::open({.directory = disk_folder_.emplace().path()});
    return *disk_;
  }
  Client& through_socket() {
    if (connection_ == nullptr) {
      const std::string& directory = served_folder_.emplace().path();
      served_ = local::Engine::open({.directory = directory});
      server_ = std::make_unique<local::SocketServer>(*served_, directory);
      connection_ = local::connect(directory);
    }
    return *connection_;
  }

  // ddb-local's server over an engine in memory, spoken to by the client for AWS.
  Client& through_http() {
    if (http_client_ == nullptr) {
      http_engine_ = local::Engine::open({});
      api_ = std::make_unique<server::Api>(*http_engine_);
      net::ServerOptions options{.port = 0};
      options.limits.requests_per_connection = SIZE_MAX;
      http_ = std::make_unique<net::HttpServer>(api_->server_options(std::move(options)),
                                                api_->handler());
      http_->start();
      http_client_ = aws_client("http://127.0.0.1:" + std::to_string(http_->port()));
    }
    return *http_client_;
  }
  // A server outside of this program: DynamoDB Local, started by tests/peers/run.py.
  Client& outside(const char* endpoint) {
    if (outside_ == nullptr) outside_ = aws_client(endpoint);
    return *outside_;
  }

  void TearDown() override {
    outside_.reset();
    http_client_.reset();
    http_.reset();
    api_.reset();
    http_engine_.reset();
    connection_.reset();
    server_.reset();
    served_.reset();
    disk_.reset();
    memory_.reset();
    served_folder_.reset();
    disk_folder_.reset();
  }

 private:
  static std::unique_ptr<Client> aws_client(std::string endpoint) {
    return std::make_unique<aws::AwsClient>(aws::AwsOptions{
        .endpoint_url = std::move(endpoint),
        .credentials = {.explicit_credentials = net::aws::Credentials{"local", "local"}}});
  }

  std::optional<TemporaryFolder> disk_folder_, served_folder_;
  std::unique_ptr<Client> memory_, disk_, served_;
  std::unique_ptr<local::SocketServer> server_;
  std::unique_ptr<Client> connection_;
  std::unique_ptr<local::Engine> http_engine_;
  std::unique_ptr<server::Api> api_;
  std::unique_ptr<net::HttpServer> http_;
  std::unique_ptr<Client> http_client_, outside_;
};

// Owned by GoogleTest, which closes the databases after the last test.
OpenDatabases* const databases =
    static_cast<OpenDatabases*>(testing::AddGlobalTestEnvironment(new OpenDatabases));

template <class T, class Parse>
T parsed(const Parse& parse, Values values, Names names) {
  Placeholders placeholders{.names = std::move(names), .values = std::move(values)};
  T tree = parse(placeholders).value();
  if (const auto problem = check_all_used(placeholders)) throw std::invalid_argument(*problem);
  return tree;
}

// All pages of a query or scan.
template <class Request, class Read>
std::vector<Item> all_pages(Request request, const Read& read) {
  constexpr int kMaxPages = 100'000;
  std::vector<Item> items;
  for (int page = 0; page < kMaxPages; ++page) {
    const PageResult result = read(request).value();
    const auto unpacked = unpack_all(result.items);
    items.insert(items.end(), unpacked.begin(), unpacked.end());
    if (!result.last_evaluated_key) return items;
    request.exclusive_start_key = *result.last_evaluated_key;
  }
  throw std::runtime_error("paging does not come to an end");
}

}  // namespace

// The endpoint of DynamoDB Local, where the suite is to run on it too.
constexpr const char* kOutside = "DDB_DYNAMODB_LOCAL";

const std::vector<Backend>& backends() {
  static const std::vector<Backend> kBackends = [] {
    std::vector<Backend> all = {
        {"Memory", []() -> Client& { return databases->in_memory(); }},
        {"Disk", []() -> Client& { return databases->on_disk(); }},
        {"Socket", []() -> Client& { return databases->through_socket(); }},
        {"Http", []() -> Client& { return databases->through_http(); }},
    };
    if (std::getenv(kOutside) != nullptr)
      all.push_back(
          {"DynamoDbLocal", []() -> Client& { return databases->outside(std::getenv(kOutside)); }});
    return all;
  }();
  return kBackends;
}

void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

std::string random_name(std::string_view prefix) {
  return std::string(prefix) + "_" + base::Uuid::random().str();
}

bool wait_until(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(1));  // the pace of polling, not what is waited for
  }
  return true;
}

void wait_until_active(Client& client, const std::string& table) {
  const bool active = wait_until([&] {
    const TableDescription description = client.describe_table(table).value();
    const auto is_active = [](const IndexDescription& index) {
      return index.status == IndexStatus::active;
    };
    return description.status == TableStatus::active &&
           std::all_of(description.global_indexes.begin(), description.global_indexes.end(),
                       is_active);
  });
  if (!active) throw std::runtime_error("table " + table + " does not become active");
}

Number number(std::string_view text) { return Number::parse(text).value(); }
std::string text_of(const AttributeValue& value) {
  std::ostringstream out;
  PrintTo(value, &out);
  return std::move(out).str();
}
Condition condition(std::string_view text, Values values, Names names) {
  return parsed<Condition>([&](auto& p) { return parse_condition(text, p); }, std::move(values),
                           std::move(names));
}
Condition key_condition(std::string_view text, Values values, Names names) {
  return parsed<Condition>([&](auto& p) { return parse_key_condition(text, p); }, std::move(values),
                           std::move(names));
}
UpdateExpression update(std::string_view text, Values values, Names names) {
  return parsed<UpdateExpression>([&](auto& p) { return parse_update(text, p); }, std::move(values),
                                  std::move(names));
}
Projection projection(std::string_view text, Names names) {
  return parsed<Projection>([&](auto& p) { return parse_projection(text, p); }, {},
                            std::move(names));
}

std::string padding_for(const Item& key, std::size_t bytes) {
  const PackedItem packed(key);
  return std::string(bytes - item_size(packed.view()) - 1, 'x');  // 1: the name "v"
}

std::vector<Item> unpack_all(const ItemList& items) {
  std::vector<Item> all;
  for (std::size_t i = 0; i < items.size(); ++i) all.push_back(unpack(items[i]));
  return all;
}
std::vector<AttributeValue> column(const std::vector<Item>& items, std::string_view attribute) {
  std::vector<AttributeValue> values;
  for (const auto& item : items) {
    const auto found = item.find(attribute);
    values.push_back(found == item.end() ? AttributeValue(Null{}) : found->second);
  }
  return values;
}
std::vector<Item> sorted(std::vector<Item> items) {
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return PackedItem(a).bytes() < PackedItem(b).bytes();
  });
  return items;
}

void ConformanceTest::TearDown() {
  for (const auto& table : tables_) {
    const auto removed = db().delete_table(table);
    // A test may have removed its table itself.
    EXPECT_TRUE(removed.has_value() || removed.error().code == ErrorCode::resource_not_found)
        << table;
  }
}

std::string ConformanceTest::make_table(TableDefinition definition) {
  if (definition.name.empty()) definition.name = random_name();
  db().create_table(definition).value();
  remove_later(definition.name);
  wait_until_active(db(), definition.name);
  return definition.name;
}

WriteResult ConformanceTest::put(const std::string& table, Item item) {
  return db().put_item({.table = table, .item = std::move(item)}).value();
}
WriteResult ConformanceTest::update_item(const std::string& table, Item key,
                                         UpdateExpression expression) {
  return db()
      .update_item({.table = table, .key = std::move(key), .update = std::move(expression)})
      .value();
}
void ConformanceTest::remove(const std::string& table, Item key) {
  db().delete_item({.table = table, .key = std::move(key)}).value();
}

void ConformanceTest::put_all(const std::string& table, const std::vector<Item>& items) {
  constexpr std::size_t kBatch = 25;
  for (std::size_t begin = 0; begin < items.size(); begin += kBatch) {
    std::vector<WriteRequest> writes;
    for (std::size_t i = begin; i < std::min(items.size(), begin + kBatch); ++i)
      writes.push_back(PutRequest{items[i]});
    BatchWriteItemRequest request{.tables = {{table, std::move(writes)}}};
    while (!request.tables.empty())
      request.tables = db().batch_write_item(std::move(request)).value().unprocessed;
  }
}

std::optional<Item> ConformanceTest::get(const std::string& table, Item key) {
  const GetItemResult result =
      db().get_item({.table = table, .key = std::move(key), .consistent_read = true}).value();
  if (!result.item) return std::nullopt;
  return unpack(result.item->view());
}

std::vector<Item> ConformanceTest::query_all(QueryRequest request) {
  return all_pages(std::move(request),
                   [this](const QueryRequest& page) { return db().query(page); });
}
std::vector<Item> ConformanceTest::scan_all(ScanRequest request) {
  return all_pages(std::move(request), [this](const ScanRequest& page) { return db().scan(page); });
}
std::vector<Item> ConformanceTest::query_items(const std::string& table, std::string_view text,
                                               Values values) {
  return query_all({.table = table, .key_condition = key_condition(text, std::move(values))});
}
std::vector<Item> ConformanceTest::query_index(const std::string& table, const std::string& index,
                                               std::string_view text, Values values) {
  return query_all(
      {.table = table, .index = index, .key_condition = key_condition(text, std::move(values))});
}

KeySchema hash_key(Type type) { return {.partition = {"pk", type}}; }
KeySchema hash_and_range_key(Type partition, Type sort) {
  return {.partition = {"pk", partition}, .sort = KeyAttribute{"sk", sort}};
}

}  // namespace conformance
