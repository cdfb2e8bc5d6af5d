// What the sources of wire.h share: reading JSON objects member by member with the first error
// remembered. Internal to wire_*.cc. simdjson stays out of it: JsonElement is one of its elements,
// opaque.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "dynamodb/error.h"
#include "dynamodb/expression_parser.h"
#include "dynamodb/wire.h"
#include "dynamodb/wire_messages.h"

namespace dynamodb::wire {

// The first error of a decoding; what is read after one does not matter. Decoders word errors as
// `wording` has it, without its envelope.
struct Errors {
  Wording wording = Wording::old;
  bool of_depth = false;  // whether a value that is nested too deeply is one as soon as it is read
  std::optional<Error> first{};
  void add(Error error) {
    if (!first) first = std::move(error);
  }
  void serialization(std::string message) { add({ErrorCode::serialization, std::move(message)}); }
};

// Points into its JsonDocument.
struct JsonElement {
  alignas(std::max_align_t) std::array<std::byte, 16> bytes{};

  std::optional<std::string_view> string() const;
  bool is_object() const;
  bool is_array() const;
  bool is_null() const;
};

// One JSON object. Getters of members that are absent or null give the default; of another type, a
// serialization error too.
class Reader {
 public:
  // REQUIRES: `errors` outlives the reader. What is not an object reads as an empty one, and is an
  // error.
  Reader(JsonElement object, Errors& errors);

  std::optional<JsonElement> member(std::string_view name) const;
  bool has(std::string_view name) const { return member(name).has_value(); }
  std::string text(std::string_view name) const;
  std::optional<std::string> optional_text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  double real(std::string_view name) const;
  std::uint64_t count(std::string_view name) const;
  // Towards zero; absent: nullopt.
  std::optional<std::int64_t> integer(std::string_view name) const;
  // A number within AWS's limits for the member, which is named in lower camel case in messages.
  std::optional<std::uint32_t> limited(std::string_view name, std::string_view camel,
                                       std::uint32_t low) const;
  std::vector<std::string> texts(std::string_view name) const;
  std::vector<double> reals(std::string_view name) const;
  // The member as an object; an empty one where it is absent.
  Reader object(std::string_view name) const;
  std::vector<JsonElement> elements(std::string_view name) const;  // of an array
  std::vector<std::pair<std::string_view, JsonElement>> members(
      std::string_view name) const;  // of an object
  Errors& errors() const { return errors_; }

 private:
  explicit Reader(Errors& errors) : errors_(errors) {}
  void wrong_type(std::string_view name, std::string_view expected) const;

  std::optional<JsonElement> object_{};
  Errors& errors_;
};

// Parses `json`, whose root must be an object, and has `read` make a T from it.
template <class T, class Read>
Result<T> decode_root(std::string_view json, Read read);

class JsonDocument {
 public:
  // Refuses duplicate keys. The memory of a thread's last document serves its next one.
  JsonDocument(std::string_view json, Errors& errors);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;
  ~JsonDocument();
  JsonElement root() const;  // REQUIRES: no error
  bool is_json() const { return is_json_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool is_json_ = true;
};

template <class T, class Read>
Result<T> decode_root(std::string_view json, Read read) {
  Errors errors;
  const JsonDocument document(json, errors);
  if (errors.first) return std::move(*errors.first);
  T value = read(Reader(document.root(), errors));
  if (errors.first) return std::move(*errors.first);
  return value;
}

// The member TableName: a table's name, or its ARN, of which the name is taken.
std::string read_table_name(const Reader& reader);

// ---- values
void append_base64(std::string& out, std::string_view bytes);
// DynamoDB takes some texts for booleans, in any case: true, yes, 1, false, no, 0.
std::optional<bool> boolean_text(std::string_view text);
// What is wrong with base64, in AWS's words.
std::optional<std::string> base64_problem(std::string_view text);
AttributeValue read_value(JsonElement json, Errors& errors);
Item read_item(JsonElement json, Errors& errors);
PackedItem read_packed_item(JsonElement json, Errors& errors);
// The member `name` as an item: empty where it is absent.
Item read_item(const Reader& reader, std::string_view name);
std::optional<PackedItem> read_packed_item(const Reader& reader, std::string_view name);
void write_item(base::JsonWriter& json, std::string_view name, ItemView item);
void write_item(base::JsonWriter& json, std::string_view name, const Item& item);

// The member ConsumedCapacity, unless `detail` is none.
void write_capacity_member(base::JsonWriter& json, const ConsumedCapacity& consumed,
                           CapacityDetail detail);
// Transactions also say of what kind units are.
enum class UnitKind : std::uint8_t { unnamed, read, write };
void write_capacity_member(base::JsonWriter& json, const std::vector<ConsumedCapacity>& consumed,
                           CapacityDetail detail, UnitKind kind = UnitKind::unnamed);

// ---- pieces that requests and results share
void write_projection(base::JsonWriter& json, const Projection& projection);  // with its names
void write_keys(base::JsonWriter& json, const std::map<std::string, KeysAndAttributes>& tables);
void write_writes(base::JsonWriter& json,
                  const std::map<std::string, std::vector<WriteRequest>>& tables);
std::map<std::string, KeysAndAttributes> read_keys(const Reader& reader, std::string_view name);
std::map<std::string, std::vector<WriteRequest>> read_writes(const Reader& reader,
                                                             std::string_view name);

}  // namespace dynamodb::wire
