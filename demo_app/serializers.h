// The JSON shapes of the REST API: what it shows of each model, and what it takes, by name and in
// this order.
//
// Written by hand, member by member: what a model gains is not public until someone adds it here.
// Answers, the checks of what is sent (input.h) and the schemas of /api/schema/ are made of these.
#pragma once
#include <array>

#include "base/json_writer.h"
#include "demo_app/models.h"
#include "dynamo_backend/json_members.h"

namespace demo_app {

using dynamo_backend::JsonMember;
using JsonMembers = std::span<const JsonMember>;

// ---- shown

template <class T>
inline constexpr auto shown_members = nullptr;  // of each model there is one below
template <>
inline constexpr auto shown_members<Author> =
    std::to_array<JsonMember>({{"pk"}, {"username"}, {"email"}, {"bio"}, {"created_at"}});
template <>
inline constexpr auto shown_members<AuthorProfile> = std::to_array<JsonMember>({{"pk"},
                                                                                {"author_id",
                                                                                 "author_pk"},
                                                                                {"website"},
                                                                                {"twitter"},
                                                                                {"location"},
                                                                                {"avatar_url"},
                                                                                {"follower_count"},
                                                                                {"updated_at"}});
template <>
inline constexpr auto shown_members<Tag> =
    std::to_array<JsonMember>({{"pk"}, {"name"}, {"slug"}, {"colour"}});
template <>
inline constexpr auto shown_members<Category> = std::to_array<JsonMember>(
    {{"pk"}, {"name"}, {"slug"}, {"parent_id", "parent_pk"}, {"description"}});
template <>
inline constexpr auto shown_members<Post> = std::to_array<JsonMember>({{"pk"},
                                                                       {"title"},
                                                                       {"slug"},
                                                                       {"body"},
                                                                       {"author_id", "author_pk"},
                                                                       {"published"},
                                                                       {"public"},
                                                                       {"tags"},
                                                                       {"view_count"},
                                                                       {"created_at"},
                                                                       {"updated_at"}});
template <>
inline constexpr auto shown_members<PostCategory> =
    std::to_array<JsonMember>({{"pk"},
                               {"post_id", "post_pk"},
                               {"category_id", "category_pk"},
                               {"order"},
                               {"pinned"},
                               {"added_at"}});
template <>
inline constexpr auto shown_members<Comment> = std::to_array<JsonMember>(
    {{"pk"}, {"post_id", "post_pk"}, {"author_name"}, {"body"}, {"approved"}, {"created_at"}});
template <>
inline constexpr auto shown_members<PostRevision> =
    std::to_array<JsonMember>({{"pk"},
                               {"post_id", "post_pk"},
                               {"editor_id", "editor_pk"},
                               {"body_snapshot"},
                               {"revision_number"},
                               {"change_summary"},
                               {"created_at"}});

// ---- taken

inline constexpr auto kAuthorInput =
    std::to_array<JsonMember>({{.name = "username", .required = true}, {"email"}, {"bio"}});
inline constexpr auto kProfileInput = std::to_array<JsonMember>(
    {{"website"}, {"twitter"}, {"location"}, {"avatar_url"}, {"follower_count"}});
inline constexpr auto kTagInput =
    std::to_array<JsonMember>({{.name = "name", .required = true}, {"slug"}, {"colour"}});
inline constexpr auto kCategoryInput = std::to_array<JsonMember>(
    {{.name = "name", .required = true}, {"slug"}, {"parent_id", "parent_pk"}, {"description"}});
// A change of a post takes what stands before the author.
inline constexpr auto kPostInput = std::to_array<JsonMember>({{.name = "title", .required = true},
                                                              {.name = "slug", .required = true},
                                                              {"body"},
                                                              {"published"},
                                                              {"public"},
                                                              {"tags"},
                                                              {"author_id", "author_pk"},
                                                              {"author_pk"}});
inline constexpr JsonMembers kPostChange = JsonMembers(kPostInput).first(6);
// Who does not moderate says nothing of `approved`.
inline constexpr auto kCommentInput = std::to_array<JsonMember>(
    {{.name = "author_name", .required = true}, {.name = "body", .required = true}, {"approved"}});
inline constexpr auto kPostCategoryInput = std::to_array<JsonMember>(
    {{.name = "category_id", .attribute = "category_pk", .required = true}, {"order"}, {"pinned"}});
inline constexpr auto kRevisionInput =
    std::to_array<JsonMember>({{"editor_id", "editor_pk"}, {"body_snapshot"}, {"change_summary"}});

// ---- writing

template <class Row>
void write_members(base::JsonWriter& out, const Row& row) {
  dynamo_backend::write_members(out, dynamo_backend::model_info<Row>(), &row, shown_members<Row>);
}

template <class Row>
void write_object(base::JsonWriter& out, const Row& row) {
  out.begin_object();
  write_members(out, row);
  out.end_object();
}

// "name": [row, …]
template <class Rows>
void write_list(base::JsonWriter& out, std::string_view name, const Rows& rows) {
  out.key(name);
  out.begin_array();
  for (const auto& row : rows) write_object(out, row);
  out.end_array();
}

}  // namespace demo_app
