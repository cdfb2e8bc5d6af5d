#include "dynamodb/local/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST(Connect, HolderGone_CallsFailAndTheNextOpenHolds) {
  const tests::TemporaryFolder folder;
  auto holder = open_or_connect({.directory = folder.path()});
  const auto other = open_or_connect({.directory = folder.path()});
  holder.reset();
  const auto listed = other->list_tables({});
  ASSERT_TRUE(listed.has_error());
  EXPECT_EQ(listed.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(open_or_connect({.directory = folder.path()})->list_tables({}).has_value());
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
