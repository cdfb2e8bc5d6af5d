// startproject and startapp: what they make, what they refuse. That a project builds and passes its
// test is tests/started_project's.
#include "management/scaffold/scaffold.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "management/command.h"
#include "management/cpp_names.h"
#include "tests/temporary_folder.h"

namespace management {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Scaffold : public testing::Test {
 protected:
  tests::TemporaryFolder folder;
  const std::string root = folder.path() + "/shop";
};

TEST_F(Scaffold, AProject_HasEveryNameFilledIn) {
  start_project("shop", "orders", root);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string text = read(entry.path());
    EXPECT_THAT(text, Not(HasSubstr("{{app}}"))) << entry.path();
    EXPECT_THAT(text, Not(HasSubstr("{{project}}"))) << entry.path();
    EXPECT_THAT(text, Not(HasSubstr("{{Test}}"))) << entry.path();
    EXPECT_EQ(text.back(), '\n');
  }
  EXPECT_EQ(files, 15u);
  EXPECT_TRUE(std::filesystem::exists(root + "/.gitignore"));
  EXPECT_THAT(read(root + "/orders/orders_test.cc"), HasSubstr("class OrdersTest"));
  using std::filesystem::perms;
  EXPECT_NE(std::filesystem::status(root + "/manage").permissions() & perms::owner_exec,
            perms::none);
}

TEST_F(Scaffold, AnApp_IsAddedToTheProject_AndKeepsTheOnesBefore) {
  start_project("shop", "orders", root);
  EXPECT_THAT(start_app("billing", root), IsEmpty());
  EXPECT_THAT(start_app("stock", root), IsEmpty());
  EXPECT_THAT(read(root + "/CMakeLists.txt"), HasSubstr("set(apps orders billing stock)"));
  const std::string apps = read(root + "/config/apps.cc");
  EXPECT_THAT(apps, HasSubstr("#include \"billing/models.h\"\n#include \"billing/views.h\"\n"));
  EXPECT_THAT(apps, HasSubstr("  orders::models(registry);\n  billing::models(registry);\n"
                              "  stock::models(registry);\n"));
  EXPECT_THAT(apps, HasSubstr("  billing::urls(router);\n  stock::urls(router);\n"));
}

TEST_F(Scaffold, AnAppWhoseFolderWasRemoved_IsAddedOnce) {
  start_project("shop", "orders", root);
  EXPECT_THAT(start_app("my_stock", root), IsEmpty());
  EXPECT_THAT(start_app("stock", root), IsEmpty());
  const std::string cmake = read(root + "/CMakeLists.txt"), apps = read(root + "/config/apps.cc");
  EXPECT_THAT(cmake, HasSubstr("set(apps orders my_stock stock)"));
  EXPECT_THAT(apps, HasSubstr("  my_stock::urls(router);\n  stock::urls(router);\n"));
  std::filesystem::remove_all(root + "/stock");
  EXPECT_THAT(start_app("stock", root), IsEmpty());
  EXPECT_EQ(read(root + "/CMakeLists.txt"), cmake);
  EXPECT_EQ(read(root + "/config/apps.cc"), apps);
}

TEST_F(Scaffold, AProjectThatLooksOtherwise_IsToldTheLines) {
  std::filesystem::create_directories(root);
  std::ofstream(root + "/CMakeLists.txt") << "project(other)\n";
  const auto left = start_app("billing", root);
  EXPECT_EQ(left.size(), 5u);
  EXPECT_THAT(left[0], HasSubstr("add_subdirectory(billing)"));
  EXPECT_EQ(read(root + "/CMakeLists.txt"), "project(other)\n");
  EXPECT_TRUE(std::filesystem::exists(root + "/billing/models.h"));
}

TEST_F(Scaffold, BadNames_AreRefused) {
  for (const char* name :
       {"",         "1shop",  "my-shop",  "my shop", "../shop",  "a__b",
        "_x",       "class",  "std",      "web",     "config",   "time",
        "main",     "test",   "dynamodb", "é",       "a;b",      "a/b",
        "linux",    "tm",     "boost",    "passwd",  "crypt",    "timespec",
        "offsetof", "size_t", "my_t",     "EOF",     "SYS_read", "debug_toolbar"}) {
    EXPECT_NE(name_problem(name), "") << name;
    EXPECT_THROW(start_project(name, "notes", root), CommandError) << name;
    EXPECT_THROW(start_project("shop", name, root), CommandError) << name;
  }
  EXPECT_THROW(start_project("shop", "shop", root), CommandError);
  EXPECT_FALSE(std::filesystem::exists(root));
  for (const char* name :
       {"shop", "my_shop2", "Blog", "orders", "users", "groups", "options", "models"})
    EXPECT_EQ(name_problem(name), "") << name;
}

TEST_F(Scaffold, WhatIsThere_StaysAsItIs) {
  std::filesystem::create_directories(root);
  std::ofstream(root + "/mine.txt") << "mine";
  EXPECT_THROW(start_project("shop", "notes", root), CommandError);
  EXPECT_THROW(start_project("shop", "notes", root + "/mine.txt"), CommandError);
  EXPECT_THROW(start_app("billing", root), CommandError);  // no project
  EXPECT_EQ(read(root + "/mine.txt"), "mine");
  std::filesystem::remove(root + "/mine.txt");
  start_project("shop", "notes", root);  // an empty folder is fine
  EXPECT_THROW(start_app("notes", root), CommandError);
}

TEST(CppNames, Identifiers) {
  EXPECT_EQ(cpp_identifier("created-at", "field"), "created_at");
  EXPECT_EQ(cpp_identifier("a..b__c", "field"), "a_b_c");
  EXPECT_EQ(cpp_identifier("2nd", "field"), "field_2nd");
  EXPECT_EQ(cpp_identifier("class", "field"), "class_");
  EXPECT_EQ(cpp_identifier("st_mtime", "field"), "st_mtime_");  // a macro of <sys/stat.h>
  EXPECT_EQ(cpp_identifier("\xC3\xA9", "field"), "field");
  EXPECT_EQ(cpp_identifier("#x", "field"), "x");
  EXPECT_EQ(camel_case("demo_app-post"), "DemoAppPost");
  EXPECT_EQ(cpp_literal("a\"b\\\n\xC3\xA9?"), "\"a\\\"b\\\\\\012\\303\\251\\?\"");
}

}  // namespace
}  // namespace management
