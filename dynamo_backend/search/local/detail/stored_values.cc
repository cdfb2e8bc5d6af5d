#include "dynamo_backend/search/local/detail/stored_values.h"

#include "base/timestamp.h"
#include "dynamo_backend/exceptions.h"
#include "dynamodb/number.h"

namespace dynamo_backend::search::detail {
namespace {

[[noreturn]] void wrong_type() {
  throw FieldError("search: a value does not fit the filter that it is compared with.");
}

template <class T>
const T& get(const Value& value) {
  if (const T* held = value.get_if<T>()) return *held;
  wrong_type();
}

std::string_view view_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value)))
               : std::string_view();
}

void has_text(sqlite3_context* context, int, sqlite3_value** arguments) {
  const std::string_view wanted = view_of(arguments[1]);
  bool found = false;
  for_each_text(view_of(arguments[0]),
                [&](std::string_view text) { found = found || text == wanted; });
  sqlite3_result_int(context, found ? 1 : 0);
}

}  // namespace

SqlValue to_sql(FilterType type, const Value& value) {
  switch (type) {
    case FilterType::text:
      return get<std::string>(value);
    case FilterType::boolean:
      return std::int64_t{get<bool>(value)};
    case FilterType::integer: {
      const auto number = get<dynamodb::Number>(value).to_int64();
      if (!number) wrong_type();
      return *number;
    }
    case FilterType::decimal: {
      Blob blob;
      dynamodb::append_ordered(blob.bytes, get<dynamodb::Number>(value).text());
      return blob;
    }
    case FilterType::time: {
      const auto time = base::parse_iso(get<std::string>(value));
      if (!time) wrong_type();
      return std::int64_t{time->time_since_epoch().count()};
    }
  }
  wrong_type();
}

Value from_sql(FilterType type, const SqlValue& stored) {
  switch (type) {
    case FilterType::text:
      return std::get<std::string>(stored);
    case FilterType::boolean:
      return std::get<std::int64_t>(stored) != 0;
    case FilterType::integer:
      return std::get<std::int64_t>(stored);
    case FilterType::decimal: {
      std::string_view bytes = std::get<Blob>(stored).bytes;
      return dynamodb::take_ordered(bytes).value();
    }
    case FilterType::time:
      return base::to_iso(
          base::Timestamp(std::chrono::microseconds(std::get<std::int64_t>(stored))));
  }
  return {};
}

SqlValue to_column(const FilterField& field, const std::vector<Value>& values) {
  if (values.empty()) return {};
  if (!field.many) return to_sql(field.type, values.front());
  Blob blob;
  for (const Value& value : values) {
    const std::string& text = get<std::string>(value);
    for (unsigned shift = 0; shift < 32; shift += 8)
      blob.bytes += static_cast<char>(text.size() >> shift & 0xFF);
    blob.bytes += text;
  }
  return blob;
}

void add_functions(Database& db) {
  const int result = sqlite3_create_function_v2(
      db.handle(), "has_text", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
      &has_text, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) throw SqliteError(result, "SQLite takes no function");
}

}  // namespace dynamo_backend::search::detail
