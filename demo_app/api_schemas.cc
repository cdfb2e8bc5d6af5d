#include "demo_app/api_schemas.h"

#include "demo_app/serializers.h"

namespace demo_app {
namespace {

using base::Json;
using dynamo_backend::model_info;

template <class T>
Json shown() {
  return dynamo_backend::shown_schema(model_info<T>(), shown_members<T>);
}

template <class T>
Json input(JsonMembers members) {
  return dynamo_backend::input_schema(model_info<T>(), members);
}

// The input of a change: nothing is required.
Json change(Json input) {
  input.erase("required");
  return input;
}

// With what the models' clean() asks beside their fields.
Json tag_input() {
  Json schema = input<Tag>(kTagInput);
  schema["properties"]["colour"]["pattern"] = "^#[0-9a-fA-F]{6}$";
  return schema;
}
Json profile_input() {
  Json schema = input<AuthorProfile>(kProfileInput);
  schema["properties"]["follower_count"]["minimum"] = 0;
  return schema;
}

Json type(const char* name) { return {{"type", name}}; }
Json optional_text() { return {{"type", {"string", "null"}}}; }
Json key() { return {{"type", "string"}, {"format", "uuid"}}; }
Json list_of(const Json& items) { return {{"type", "array"}, {"items", items}}; }
Json named(const std::string& schema) { return {{"$ref", "#/components/schemas/" + schema}}; }

// An object with all of `properties` and no others.
Json object(const Json& properties) {
  Json schema = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  for (const auto& [name, of] : properties.items()) schema["required"].push_back(name);
  return schema;
}

// {"<name>": [row, …]}, without and with the cursor of the next page.
Json rows(const std::string& name, const std::string& of) {
  return object({{name, list_of(named(of))}});
}
Json page(const std::string& name, const std::string& of) {
  return object({{name, list_of(named(of))}, {"next_cursor", optional_text()}});
}

// `schema` with a list of rows beside its members, without and with the cursor of the next page.
Json with_rows(Json schema, const std::string& name, const std::string& of) {
  schema["properties"][name] = list_of(named(of));
  schema["required"].push_back(name);
  return schema;
}
Json with_page(Json schema, const std::string& name, const std::string& of) {
  schema = with_rows(std::move(schema), name, of);
  schema["properties"]["next_cursor"] = optional_text();
  schema["required"].push_back("next_cursor");
  return schema;
}

Json search_page() {
  const Json counts = list_of(object({{"value", type("string")}, {"count", type("integer")}}));
  const Json texts = {{"type", "object"}, {"additionalProperties", type("string")}};
  return object({{"posts", list_of(named("Post"))},
                 {"total", type("integer")},
                 {"facets", {{"type", "object"}, {"additionalProperties", counts}}},
                 {"highlights", {{"type", "object"}, {"additionalProperties", texts}}},
                 {"suggestion", optional_text()},
                 {"next_cursor", optional_text()}});
}

}  // namespace

std::map<std::string, Json> api_schemas() {
  return {
      {"Lists", object({{"author", type("string")},
                        {"post", type("string")},
                        {"tag", type("string")},
                        {"category", type("string")}})},
      {"Author", shown<Author>()},
      {"AuthorInput", input<Author>(kAuthorInput)},
      {"AuthorChange", change(input<Author>(kAuthorInput))},
      {"AuthorPage", page("authors", "Author")},
      {"AuthorPosts", object({{"author_id", key()},
                              {"count", type("integer")},
                              {"next_cursor", optional_text()},
                              {"elapsed_ms", type("number")},
                              {"posts", list_of(named("Post"))}})},
      {"Profile", shown<AuthorProfile>()},
      {"ProfileInput", profile_input()},
      {"Post", shown<Post>()},
      {"PostInput", input<Post>(kPostInput)},
      {"PostChange", change(input<Post>(kPostChange))},
      {"PostPage", page("posts", "Post")},
      {"PostWithComments", with_page(shown<Post>(), "comments", "Comment")},
      {"PostSearch", search_page()},
      {"Comment", shown<Comment>()},
      {"CommentPage", page("comments", "Comment")},
      {"CommentInput", input<Comment>(kCommentInput)},
      {"LabelInput", object({{"tag_id", key()}})},
      {"Labels", rows("labels", "Tag")},
      {"PostCategory", shown<PostCategory>()},
      {"PostCategoryInput", input<PostCategory>(kPostCategoryInput)},
      {"PostCategoryPage", page("post_categories", "PostCategory")},
      {"Revision", shown<PostRevision>()},
      {"RevisionInput", input<PostRevision>(kRevisionInput)},
      {"RevisionPage", page("revisions", "Revision")},
      {"Tag", shown<Tag>()},
      {"TagInput", tag_input()},
      {"TagPage", page("tags", "Tag")},
      {"Category", shown<Category>()},
      {"CategoryInput", input<Category>(kCategoryInput)},
      {"CategoryPage", page("categories", "Category")},
      {"CategoryWithChildren", with_rows(shown<Category>(), "children", "Category")},
  };
}

}  // namespace demo_app
