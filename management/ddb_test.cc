// ./manage ddb: statements past the models, on a database that other commands see.
#include <fstream>
#include <iostream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/local/engine.h"
#include "management/test_program.h"

namespace management {
namespace {

using testing::HasSubstr;

class Ddb : public TestProgram {
 protected:
  Ddb() {
    set_up_database();
    const auto engine = dynamodb::local::Engine::open({.directory = folder.path() + "/data"});
    auto made = engine->create_table({.name = "things", .key = {.partition = {"pk"}}});
    EXPECT_TRUE(made.has_value());
  }
  // With `typed` on standard input.
  int ddb(std::vector<const char*> arguments, const std::string& typed = "") {
    arguments.insert(arguments.begin(), "ddb");
    std::istringstream input(typed);
    auto* const before = std::cin.rdbuf(input.rdbuf());
    std::cin.clear();
    const int code = manage(std::move(arguments));
    std::cin.rdbuf(before);
    return code;
  }
  void insert(int count) {
    const auto engine = dynamodb::local::Engine::open({.directory = folder.path() + "/data"});
    for (int i = 0; i < count; ++i) {
      const auto put = engine->put_item(
          {.table = "things",
           .item = {{"pk", "k" + std::to_string(i)}, {"text", std::string(60'000, 'x')}}});
      ASSERT_TRUE(put.has_value());
    }
  }
};

TEST_F(Ddb, WritesAndReads_ValuesOfAnyType) {
  const char* number = R"({"N":"12345678901234567890123456789012345678"})";
  EXPECT_EQ(
      ddb({"INSERT INTO things VALUE {'pk': 'a', 'n': ?, 'b': ?}", number, R"({"B":"AP8="})"}), 0)
      << err;
  EXPECT_EQ(out, "");
  EXPECT_EQ(ddb({"SELECT * FROM things WHERE pk = ?", R"({"S":"a"})", "--consistent"}), 0) << err;
  EXPECT_EQ(out, std::string(R"({"b":{"B":"AP8="},"n":)") + number + R"(,"pk":{"S":"a"}})" + "\n");
  EXPECT_EQ(err, "1 item; 1 capacity unit.\n");
  EXPECT_EQ(ddb({"-", "--verbosity", "0"}, "SELECT pk FROM things\n"), 0) << err;
  EXPECT_EQ(out, "{\"pk\":{\"S\":\"a\"}}\n");
  EXPECT_EQ(err, "");
}

TEST_F(Ddb, ReadsAllPages_OrNoMoreThanIsWanted) {
  insert(40);  // 2.4 MB: three pages
  EXPECT_EQ(ddb({"SELECT pk FROM things"}), 0) << err;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 40);
  EXPECT_THAT(err, HasSubstr("40 items; "));
  EXPECT_EQ(ddb({"SELECT pk FROM things", "--limit", "2"}), 0) << err;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_EQ(err, "2 items; 15 capacity units.\n");  // 120 KB, not a page
}

TEST_F(Ddb, Mistakes_AreOneLine_AndChangeNothing) {
  EXPECT_EQ(ddb({"SELECT * FROM nowhere"}), 1);
  EXPECT_THAT(err, HasSubstr("ddb: "));
  EXPECT_EQ(ddb({"SELEC * FROM things"}), 1);
  EXPECT_THAT(err, HasSubstr("Statement wasn't well formed"));
  EXPECT_EQ(ddb({"INSERT INTO things VALUE {'pk': ?}", "a"}), 1);
  EXPECT_THAT(err, HasSubstr("the parameter a: "));
  EXPECT_EQ(ddb({"INSERT INTO things VALUE {'pk': ?}"}), 1);  // a value is missing
  EXPECT_EQ(ddb({"SELECT * FROM things", "--limit", "0"}), 2);
  EXPECT_THAT(err, HasSubstr("0 not in range 1 to 4294967295"));
  EXPECT_EQ(ddb({}), 2);
  EXPECT_EQ(ddb({"SELECT * FROM things"}), 0);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace management
