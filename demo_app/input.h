// What the REST views read: JSON bodies into rows, paging parameters, keys; and which rows are too
// large, for the pages' forms as well.
//
// Anything that does not fit is an HttpError 400 that names the field; nothing is stored then.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "demo_app/models.h"
#include "demo_app/serializers.h"
#include "web/request.h"

namespace demo_app {

// Sets what the body has; refuses what `members` does not list and wrong types. Of a new row what
// is required must be there; of a stored one what is left out stays as it is.
void read_body(web::Request& request, const dynamo_backend::ModelInfo& model, void* row,
               JsonMembers members, bool is_new);

template <class T>
void read_body(web::Request& request, T& row, JsonMembers members) {
  read_body(request, dynamo_backend::model_info<T>(), &row, members, row.is_new());
}

// Whether a validated row is more than an item may hold, and what to say then.
bool too_large(const dynamo_backend::ModelInfo& model, const void* row);
inline constexpr const char* kTooLarge = "This value is too large: a row holds 400 KB in all.";

// A required member of the body that is a key: "tag_id". The only member that the body may have,
// beside `others`.
Uuid read_key(web::Request& request, std::string_view name,
              std::initializer_list<std::string_view> others = {});

// ?limit=, 1 or more, at most kMaxPageSize (more is cut), and ?cursor=.
inline constexpr std::size_t kDefaultPageSize = 50;
inline constexpr std::size_t kMaxPageSize = 500;
struct PageParameters {
  std::size_t limit = kDefaultPageSize;
  std::string cursor{};
};
PageParameters read_page(web::Request& request);

// A 400 about one field.
[[noreturn]] void refuse(const std::string& field, const std::string& message);

// The answer to what the models throw: registered by install_error_answers() in views.cc.
web::HttpError answer_to(const dynamo_backend::ModelError& error);

}  // namespace demo_app
