// States for tests of migrations.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "dynamo_backend/migrations/operation.h"

namespace dynamo_backend::migrations {

inline FieldState field(std::string name, std::string type = "text") {
  return {.name = std::move(name), .type = std::move(type)};
}
inline FieldState nullable(FieldState field) {
  field.nullable = true;
  return field;
}
inline FieldState computed(std::string name) {
  return {.name = std::move(name), .type = "text", .computed = true};
}
inline FieldState reference(std::string name, std::string to) {
  return {.name = std::move(name), .type = "uuid", .references = std::move(to)};
}
inline IndexState index(std::string name, std::string partition, std::string sort = "") {
  IndexState state{.name = std::move(name), .partition = {std::move(partition)}};
  if (!sort.empty()) state.sort = {std::move(sort)};
  return state;
}

// A model of the app "blog" with a pk and these fields.
inline ModelState model(std::string name, std::vector<FieldState> fields,
                        std::vector<IndexState> indexes = {},
                        std::vector<UniqueState> unique = {}) {
  fields.insert(fields.begin(), field("pk", "uuid"));
  std::string table = "blog_" + name;
  for (char& c : table) c = static_cast<char>(std::tolower(c));
  return {.app = "blog",
          .name = std::move(name),
          .table = std::move(table),
          .partition = "pk",
          .fields = std::move(fields),
          .indexes = std::move(indexes),
          .unique = std::move(unique)};
}
inline ModelState post() {
  return model(
      "Post",
      {field("title"), field("slug"), field("views", "integer"), nullable(field("due", "datetime")),
       computed("feed"), reference("author_pk", "blog.Author")},
      {index("slug-index", "slug"), index("feed", "feed", "title")},
      {{.fields = {"slug"}, .fold_case = true}});
}
inline ProjectState project(std::vector<ModelState> models) {
  ProjectState state;
  for (ModelState& m : models) state.models.emplace(m.label(), m);
  return state;
}

// What `call` throws says all of these.
template <class Call, class... Texts>
void expect_error(Call&& call, const Texts&... texts) {
  try {
    call();
    ADD_FAILURE() << "no MigrationError";
  } catch (const MigrationError& error) {
    for (const std::string& text : std::vector<std::string>{texts...})
      EXPECT_THAT(error.what(), testing::HasSubstr(text));
  }
}

}  // namespace dynamo_backend::migrations
