#include "dynamodb/local/connect.h"

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dynamodb/forwarding_client.h"
#include "dynamodb/local/socket_protocol.h"
#include "tests/temporary_folder.h"

namespace dynamodb::local {
namespace {

const TableDefinition kTable{.name = "table", .key = {.partition = {"pk", Type::S}}};

TEST(Connect, SecondOpen_WorksThroughTheHolder) {
  const tests::TemporaryFolder folder;
  const auto holder = open_or_connect({.directory = folder.path()});
  const auto other = open_or_connect({.directory = folder.path()});
  holder->create_table(kTable).value();
  other->put_item(PutItemRequest{.table = "table", .item = {{"pk", "a"}, {"n", 1}}}).value();
  const auto read = holder->get_item({.table = "table", .key = {{"pk", "a"}}}).value();
  ASSERT_TRUE(read.item);
  EXPECT_EQ(unpack(read.item->view()), (Item{{"pk", "a"}, {"n", 1}}));
  const auto missing = other->get_item({.table = "nothing", .key = {{"pk", "a"}}});
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().code, ErrorCode::resource_not_found);
}

TEST(Connect, HolderGone_AnotherHolds_AndServesTheOthers) {
  const tests::TemporaryFolder folder;
  auto holder = open_or_connect({.directory = folder.path()});
  holder->create_table(kTable).value();
  const auto second = open_or_connect({.directory = folder.path()});
  const auto third = open_or_connect({.directory = folder.path()});
  const auto put = [](Client& client, const char* pk) {
    client.put_item(PutItemRequest{.table = "table", .item = {{"pk", pk}}}).value();
  };
  put(*third, "a");
  holder.reset();
  std::vector<std::thread> threads;  // one of them opens the directory
  for (Client* client : {second.get(), second.get(), third.get(), third.get()})
    threads.emplace_back([&put, client] { put(*client, "b"); });
  for (std::thread& thread : threads) thread.join();
  put(*second, "c");
  for (Client* client : {second.get(), third.get()})
    EXPECT_EQ(client->scan({.table = "table"})->items.size(), 3u);
}

TEST(Connect, HolderGone_WithoutAnHeir_CallsFail) {
  const tests::TemporaryFolder folder;
  auto holder = open_or_connect({.directory = folder.path()});
  const auto other = connect(folder.path());
  holder.reset();
  const auto listed = other->list_tables({});
  ASSERT_TRUE(listed.has_error());
  EXPECT_EQ(listed.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(open_or_connect({.directory = folder.path()})->list_tables({}).has_value());
  EXPECT_TRUE(other->list_tables({}).has_error());
}

// Holds a call until it is told to go on.
class SlowClient : public ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  Result<ListTablesResult> list_tables(const ListTablesRequest& r) override {
    called.set_value();
    go_on.get_future().wait();
    return ForwardingClient::list_tables(r);
  }
  std::promise<void> called{}, go_on{};
};

TEST(Connect, HolderEnds_TheCallInProgressIsAnswered) {
  const tests::TemporaryFolder folder;
  const auto engine = Engine::open({.directory = folder.path()});
  SlowClient slow(*engine);
  auto server = std::make_unique<SocketServer>(slow, folder.path());
  const auto guest = connect(folder.path());
  auto listed = std::async(std::launch::async, [&] { return guest->list_tables({}); });
  slow.called.get_future().wait();
  auto ending = std::async(std::launch::async, [&] { server.reset(); });
  // The end of accepting is in the middle of the server's end.
  while (connect_to(folder.path())) std::this_thread::yield();
  slow.go_on.set_value();
  EXPECT_TRUE(listed.get().has_value());
  ending.get();
}

TEST(Connect, SocketIsTheOwnersAlone) {
  const tests::TemporaryFolder folder;
  const auto holder = open_or_connect({.directory = folder.path() + "/data"});
  struct stat status {};
  ASSERT_EQ(::stat((folder.path() + "/data/engine.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder.path() + "/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST(Connect, DeepFolders_FitTheSocketsAddress) {
  const tests::TemporaryFolder folder;
  const std::string deep =
      folder.path() + "/" + std::string(100, 'x') + "/" + std::string(100, 'y');
  const auto holder = open_or_connect({.directory = deep});
  EXPECT_TRUE(connect(deep)->list_tables({}).has_value());
}

TEST(Connect, HeldWithoutASocket_IsAClearMessage) {
  const tests::TemporaryFolder folder;
  const auto holder = Engine::open({.directory = folder.path()});
  try {
    connect(folder.path());
    FAIL();
  } catch (const OpenException& error) {
    EXPECT_EQ(error.kind(), OpenFailure::in_use);
    EXPECT_THAT(error.what(), testing::HasSubstr(folder.path() + " is in use by another process"));
  }
}

TEST(Connect, NonsenseOnTheSocket_EndsThatConnectionOnly) {
  const tests::TemporaryFolder folder;
  const auto holder = open_or_connect({.directory = folder.path()});
  for (const Frame& frame :
       {Frame{200, "{}"}, Frame{1, "not JSON"}, Frame{1, ""}, Frame{6, "{\"TableName\":5}"}}) {
    const Socket socket = connect_to(folder.path());
    ASSERT_TRUE(socket.send(frame));
    const auto answer = socket.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->tag, static_cast<std::uint8_t>(Status::error));
  }
  {
    const Socket socket = connect_to(folder.path());
    const std::string huge = "\xFF\xFF\xFF\xFF\x01";
    ASSERT_EQ(::write(socket.fd(), huge.data(), huge.size()), static_cast<ssize_t>(huge.size()));
    EXPECT_FALSE(socket.receive());
  }
  EXPECT_TRUE(connect(folder.path())->list_tables({}).has_value());
}

TEST(Connect, UnwritableFolder_IsAClearMessage) {
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() + "/file";
  ASSERT_EQ(std::system(("touch " + file).c_str()), 0);
  try {
    open_or_connect({.directory = file});
    FAIL();
  } catch (const OpenException& error) {
    EXPECT_EQ(error.kind(), OpenFailure::unusable);
    EXPECT_THAT(error.what(), testing::HasSubstr(file + " is not a directory"));
  }
}

}  // namespace
}  // namespace dynamodb::local
