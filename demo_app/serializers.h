// The JSON shapes of the REST API: what it shows of each model, by name and in this order.
//
// Written by hand, member by member: what a model gains is not public until someone adds it here.
#pragma once
#include "base/json_writer.h"
#include "demo_app/models.h"

namespace demo_app {

// Each writes the members of an object; write_object() puts the braces around.
void write_members(base::JsonWriter& out, const Author& author);
void write_members(base::JsonWriter& out, const AuthorProfile& profile);
void write_members(base::JsonWriter& out, const Tag& tag);
void write_members(base::JsonWriter& out, const Category& category);
void write_members(base::JsonWriter& out, const Post& post);
void write_members(base::JsonWriter& out, const PostCategory& link);
void write_members(base::JsonWriter& out, const Comment& comment);
void write_members(base::JsonWriter& out, const PostRevision& revision);

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
