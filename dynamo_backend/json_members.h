// JsonMember: one member of a JSON object that stands for a row, as an API shows or takes it: its
// name there, and the attribute that it is.
//
//   constexpr JsonMember kPost[] = {{"pk"}, {"title"}, {"author_id", "author_pk"}};
//   write_members(out, model_info<Post>(), &post, kPost);  // "pk":"…","title":"…","author_id":"…"
//   shown_schema(model_info<Post>(), kPost);               // that as JSON Schema
//
// All throw FieldError for an attribute that the model has not.
// Thread safety: functions without state.
#pragma once
#include <span>
#include <string_view>

#include "base/json_fwd.h"
#include "dynamo_backend/model_info.h"

namespace base {
class JsonWriter;
}

namespace dynamo_backend {

struct JsonMember {
  std::string_view name{};
  std::string_view attribute{};  // its own name where empty
  bool required = false;         // of an input

  std::string_view stored_as() const { return attribute.empty() ? name : attribute; }
};

// The members without the braces: an object may have others beside them.
void write_members(base::JsonWriter& out, const ModelInfo& model, const void* row,
                   std::span<const JsonMember> members);

// JSON Schema (2020-12) of an object that write_members() wrote: every member is there.
Json shown_schema(const ModelInfo& model, std::span<const JsonMember> members);
// The same of what update_from_json() and the model's validation take: with lengths and patterns.
Json input_schema(const ModelInfo& model, std::span<const JsonMember> members);

}  // namespace dynamo_backend
