// What the views share.
#pragma once
#include <string_view>

#include "demo_app/input.h"
#include "demo_app/serializers.h"
#include "web/response.h"

namespace demo_app {

// Read units after which a list that passes over rows which are not everyone's ends its page early,
// with a cursor to go on from.
inline constexpr double kListUnits = 100;
// The same of lists of rows that may be large: some megabytes of answer.
inline constexpr double kPageUnits = 1000;

// The row, or a 404 with `message`.
template <class T>
T find_or_404(const Uuid& pk, const char* message = "Not found") {
  if (auto row = T::objects.try_get(pk)) return *std::move(row);
  throw web::HttpError(404, "not_found", message);
}

template <class T>
web::Response object_response(const T& row, int status = 200) {
  base::JsonWriter out;
  write_object(out, row);
  return web::Response::json(std::move(out), status);
}

// {"<name>": [row, …]}
template <class Rows>
web::Response list_response(std::string_view name, const Rows& rows) {
  base::JsonWriter out;
  out.begin_object();
  write_list(out, name, rows);
  out.end_object();
  return web::Response::json(std::move(out));
}

inline void write_next_cursor(base::JsonWriter& out, const std::optional<std::string>& next) {
  out.key("next_cursor");
  if (next) {
    out.value(*next);
  } else {
    out.value(nullptr);
  }
}

// {"<name>": [row, …], "next_cursor": text or null}: the page that the request asks for.
template <class T>
web::Response page_response(web::Request& request, std::string_view name,
                            const dynamo_backend::QuerySet<T>& rows) {
  const PageParameters parameters = read_page(request);
  const auto page = rows.limit(parameters.limit).page(parameters.cursor);
  base::JsonWriter out;
  out.begin_object();
  write_list(out, name, page.items);
  write_next_cursor(out, page.next);
  out.end_object();
  return web::Response::json(std::move(out));
}

}  // namespace demo_app
