// The reader of changes over HTTP, on ddb-local's streams and DynamoDB Local's: nothing is lost,
// and what happened to an item comes in order. Run by tests/peers/run.py, which sets DDB_ENDPOINT.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "dynamo_backend/changes/change_reader.h"
#include "dynamodb/aws/aws_client.h"

namespace dynamo_backend::changes {
namespace {

using testing::ElementsAre;
using Histories = std::map<std::string, std::vector<std::string>>;  // by key

dynamodb::aws::AwsOptions endpoint() {
  const char* url = std::getenv("DDB_ENDPOINT");
  if (!url) throw std::runtime_error("DDB_ENDPOINT is not set: make test-peers");
  return {.endpoint_url = url};
}

class ReaderOnAServer : public testing::Test {
 protected:
  ReaderOnAServer() {
    client_
        .create_table({.name = table_,
                       .key = {.partition = {"pk", dynamodb::Type::S}},
                       .settings = {.stream = dynamodb::StreamViewType::new_and_old_images}})
        .value();
    while (client_.describe_table(table_)->status != dynamodb::TableStatus::active)
      std::this_thread::yield();
  }
  ~ReaderOnAServer() override { (void)client_.delete_table(table_); }

  void put(const std::string& key, int n) {
    client_.put_item({.table = table_, .item = {{"pk", key}, {"n", n}}}).value();
  }
  void remove(const std::string& key) {
    client_.delete_item({.table = table_, .key = {{"pk", key}}}).value();
  }
  // "1", "1-2" or "2-": the number before and after.
  static void add(const Batch& batch, Histories& histories) {
    const auto number = [](const std::optional<dynamodb::PackedItem>& item) {
      return item ? std::string(item->view().find("n")->text()) : std::string();
    };
    for (const auto& record : batch.records) {
      const std::string before = number(record.old_image);
      auto& history = histories[std::string(record.keys.view().find("pk")->text())];
      const std::string change = (before.empty() ? "" : before + "-") + number(record.new_image);
      // A change may be told twice, after those that came behind it the first time.
      if (std::find(history.begin(), history.end(), change) == history.end())
        history.push_back(change);
    }
  }
  // Reads on until so many changes were told, each batch by a reader of its own.
  Positions read(Positions from, std::size_t changes, Histories& histories) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      const Batch batch = ChangeReader(connection_, table_, from).read(7);
      add(batch, histories);
      from = batch.positions;
      std::size_t told = 0;
      for (const auto& [key, history] : histories) told += history.size();
      if (told >= changes) return from;
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << told << " of " << changes << " changes were told within a minute";
        return from;
      }
    }
  }

  const std::string table_ = "changes-" + base::Uuid::random().str();
  dynamodb::aws::AwsClient client_{endpoint()};
  Connection connection_{client_};
};

TEST_F(ReaderOnAServer, TellsEveryChange_InOrderOfTheItem) {
  const Positions start = ChangeReader::starting_now(connection_, table_);
  Histories expected;
  std::size_t changes = 0;
  for (int n = 1; n <= 20; ++n) {
    for (const std::string key : {"a", "b", "c"}) {
      put(key, n);
      expected[key].push_back((n == 1 ? "" : std::to_string(n - 1) + "-") + std::to_string(n));
      ++changes;
    }
  }
  remove("b");
  expected["b"].push_back("20-");
  Histories told;
  Positions at = read(start, ++changes, told);
  EXPECT_EQ(told, expected);
  EXPECT_EQ(count_changes(connection_, table_, at, 10), 0u);

  put("b", 21);
  Histories after;
  read(at, 1, after);
  EXPECT_THAT(after["b"], ElementsAre("21"));
}

TEST_F(ReaderOnAServer, StartingNow_TellsWhatComesAfter) {
  put("before", 1);
  const Positions start = ChangeReader::starting_now(connection_, table_);
  put("after", 1);
  Histories told;
  for (Positions at = start; told.count("after") == 0;) at = read(at, told.size() + 1, told);
  EXPECT_THAT(told["after"], ElementsAre("1"));
}

TEST_F(ReaderOnAServer, ATableWithoutAStream_IsTold) {
  const std::string plain = table_ + "-plain";
  client_.create_table({.name = plain, .key = {.partition = {"pk", dynamodb::Type::S}}}).value();
  EXPECT_THROW(ChangeReader::starting_now(connection_, plain), NoStream);
  (void)client_.delete_table(plain);
}

}  // namespace
}  // namespace dynamo_backend::changes
