// What the tests of dmakemigrations and of dmigrate share: an app in a folder of its own, and its
// commands as users type them.
#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/models.h"
#include "management/database.h"
#include "management/test_program.h"

namespace shop {
using namespace dynamo_backend;

struct Item : DynamoModel<Item> {
  std::string name{};
  std::string subtitle{};
  std::int64_t price = 5;
  static constexpr auto schema =
      define<Item>(CharField<&Item::name>{.index = true}, CharField<&Item::subtitle>{},
                   IntegerField<&Item::price>{});
};

}  // namespace shop

namespace management {

class Migrations : public TestProgram {
 protected:
  Migrations() {
    project.models = [](dynamo_backend::Registry& registry) { registry.add<shop::Item>(); };
    set_up_database("create_tables_on_startup = false\n[web]\ndebug = true\n");
  }

  std::string text_of(const std::string& name) const {
    std::ifstream file(folder.path() + "/shop/migrations/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder.path() + "/shop/migrations", none))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  // A recorded state: a table shop_item with these fields beside its pk, and more members.
  void record(const std::string& fields, const std::string& more = "") const {
    write("shop/migrations/0001_initial.json",
          R"({"operations": [{"operation": "create_table", "model": "Item", "table": "shop_item",
            "partition_key": "pk", "fields": [{"name": "pk", "type": "uuid"}, )" +
              fields + "]" + more + "}]}");
  }
  static constexpr const char* kIndex =
      R"(, "indexes": [{"name": "name-index", "partition_key": "name"}])";

  // Rows of the table, through the database that the settings name.
  template <class Do>
  void with_database(const Do& work) const {
    base::DynamoBackendSettings settings;
    settings.endpoint_url = "local:" + folder.path() + "/data";
    Database database(settings, "secret");
    work(database.client());
  }
};

}  // namespace management
