// How C++ values are stored: Codec<V> turns a member into a DynamoDB value and back, and Shape
// tells plain code what V is.
//
// Stored forms (the original's): text, UUIDs and foreign keys S; timestamps S in ISO 8601; numbers
// N, exact; bool BOOL; Json as M/L/S/N/BOOL; vector L; set SS, NS or BS. An empty optional, an
// empty set, a Ref to nothing and a Json null are stored as no attribute at all.
// Thread safety: functions without state.
#pragma once
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/member_traits.h"
#include "dynamodb/item_view.h"

namespace base {
class JsonWriter;
}

namespace dynamo_backend {

// A stored value that the C++ type cannot hold, or a C++ value that DynamoDB cannot: in words,
// without the field's name.
struct BadValue : FieldError {
  using FieldError::FieldError;
};

struct Shape {
  enum class Type : std::uint8_t {
    text,
    integer,
    real,
    decimal,
    boolean,
    datetime,
    epoch,  // a time as a number of seconds
    uuid,
    json,
    binary,
    list,
    set,
    none
  };
  Type type = Type::none;
  const Shape* element = nullptr;  // of list and set
  std::int64_t low = 0;            // of integer: what the C++ type holds
  std::uint64_t high = 0;
  // DynamoDB's type, where there is one: json has any.
  std::optional<dynamodb::Type> stored() const;
  bool is_key_type() const;  // S, N or B: what a table or index key may be
};

namespace codec {
Value encode_double(
    double real);  // throws BadValue for infinities, NaN and magnitudes out of DynamoDB's range
Value encode_json(const Json& json);
std::string_view text(dynamodb::ValueView stored);
bool boolean(dynamodb::ValueView stored);
std::string_view number(dynamodb::ValueView stored);
std::int64_t signed_integer(dynamodb::ValueView stored, std::int64_t low, std::int64_t high);
std::uint64_t unsigned_integer(dynamodb::ValueView stored, std::uint64_t high);
double real(dynamodb::ValueView stored);
Uuid uuid(dynamodb::ValueView stored);
Timestamp datetime(dynamodb::ValueView stored);
Value encode_epoch(Timestamp time);           // whole seconds since 1970, rounded down
Timestamp epoch(dynamodb::ValueView stored);  // seconds, or a time as datetime() takes it
std::string_view binary(dynamodb::ValueView stored);
void json(Json& out, dynamodb::ValueView stored);
void clear(Json& out);
dynamodb::ListView list(dynamodb::ValueView stored);
std::vector<Value> set_members(dynamodb::ValueView stored);
Value make_set(std::vector<Value> members);  // NULL when empty; of the type of its members
}  // namespace codec

template <class V>
struct Codec;  // encode, decode, shape

template <>
struct Codec<std::string> {
  static constexpr Shape shape{Shape::Type::text};
  static Value encode(const std::string& v) { return v; }
  static void decode(std::string& out, dynamodb::ValueView v) { out = codec::text(v); }
};
template <>
struct Codec<bool> {
  static constexpr Shape shape{Shape::Type::boolean};
  static Value encode(bool v) { return v; }
  static void decode(bool& out, dynamodb::ValueView v) { out = codec::boolean(v); }
};
template <Integer V>
struct Codec<V> {
  static constexpr Shape shape{Shape::Type::integer, nullptr, std::numeric_limits<V>::min(),
                               std::numeric_limits<V>::max()};
  static Value encode(V v) { return v; }
  static void decode(V& out, dynamodb::ValueView v) {
    using Limits = std::numeric_limits<V>;
    if constexpr (std::is_signed_v<V>)
      out = static_cast<V>(codec::signed_integer(v, Limits::min(), Limits::max()));
    else
      out = static_cast<V>(codec::unsigned_integer(v, Limits::max()));
  }
};
template <std::floating_point V>
struct Codec<V> {
  static constexpr Shape shape{Shape::Type::real};
  static Value encode(V v) { return codec::encode_double(static_cast<double>(v)); }
  static void decode(V& out, dynamodb::ValueView v) { out = static_cast<V>(codec::real(v)); }
};
template <>
struct Codec<Decimal> {
  static constexpr Shape shape{Shape::Type::decimal};
  static Value encode(const Decimal& v) { return v; }
  static void decode(Decimal& out, dynamodb::ValueView v) {
    out = Decimal::from_canonical(codec::number(v));
  }
};
template <>
struct Codec<Timestamp> {
  static constexpr Shape shape{Shape::Type::datetime};
  static Value encode(Timestamp v) { return base::to_iso(v); }
  static void decode(Timestamp& out, dynamodb::ValueView v) { out = codec::datetime(v); }
};
template <>
struct Codec<Uuid> {
  static constexpr Shape shape{Shape::Type::uuid};
  static Value encode(const Uuid& v) { return v.str(); }
  static void decode(Uuid& out, dynamodb::ValueView v) { out = codec::uuid(v); }
};
template <>
struct Codec<Binary> {
  static constexpr Shape shape{Shape::Type::binary};
  static Value encode(const Binary& v) { return v; }
  static void decode(Binary& out, dynamodb::ValueView v) { out.bytes = codec::binary(v); }
};
template <>
struct Codec<Json> {
  static constexpr Shape shape{Shape::Type::json};
  static Value encode(const Json& v) { return codec::encode_json(v); }
  static void decode(Json& out, dynamodb::ValueView v) { codec::json(out, v); }
};
template <class T>
struct Codec<Ref<T>> {
  static constexpr Shape shape{Shape::Type::uuid};
  static Value encode(const Ref<T>& v) { return v.pk.is_nil() ? Value() : Value(v.pk.str()); }
  static void decode(Ref<T>& out, dynamodb::ValueView v) { out = Ref<T>(codec::uuid(v)); }
};
// Whether a V without a stored value is V{}: absent, or NULL in a list.
template <class V>
inline constexpr bool absence_is_a_value_v =
    nullable_v<V> || is_set_v<V> || is_ref_v<V> || std::same_as<V, Json>;

template <class V>
struct Codec<std::vector<V>> {
  static constexpr Shape shape{Shape::Type::list, &Codec<V>::shape};
  static Value encode(const std::vector<V>& v) {
    dynamodb::List out;
    out.reserve(v.size());
    for (const auto& element : v) out.push_back(Codec<V>::encode(element));
    return out;
  }
  static void decode(std::vector<V>& out, dynamodb::ValueView v) {
    out.clear();
    const dynamodb::ListView elements = codec::list(v);
    out.reserve(elements.size());
    for (dynamodb::ValueView element : elements) {
      V decoded{};
      if (!absence_is_a_value_v<V> || element.type() != dynamodb::Type::NUL)
        Codec<V>::decode(decoded, element);
      out.push_back(std::move(decoded));
    }
  }
};
template <class V, class C>
struct Codec<std::set<V, C>> {
  static_assert(!std::same_as<V, bool> && !absence_is_a_value_v<V> && !is_vector_v<V>,
                "a set's elements are texts, numbers, times, UUIDs or bytes");
  static constexpr Shape shape{Shape::Type::set, &Codec<V>::shape};
  static Value encode(const std::set<V, C>& v) {
    std::vector<Value> members;
    members.reserve(v.size());
    for (const V& member : v) members.push_back(Codec<V>::encode(member));
    return codec::make_set(std::move(members));
  }
  static void decode(std::set<V, C>& out, dynamodb::ValueView v) {
    out.clear();
    for (const Value& member : codec::set_members(v)) {
      V decoded{};
      const std::string packed = dynamodb::pack_value(member);
      Codec<V>::decode(decoded, dynamodb::ValueView(packed));
      out.insert(std::move(decoded));
    }
  }
};
template <class V>
struct Codec<std::optional<V>> {
  static constexpr Shape shape = Codec<V>::shape;
  static Value encode(const std::optional<V>& v) { return v ? Codec<V>::encode(*v) : Value(); }
  static void decode(std::optional<V>& out, dynamodb::ValueView v) {
    Codec<V>::decode(out.emplace(), v);
  }
};

// A function `V (*)()` of a member's type, which TypeOps knows: one type for all fields.
using AnyFactory = void (*)();

// What plain code may do with a member of type V, given its address: one table per type, not per
// field.
struct TypeOps {
  const Shape* shape = nullptr;
  bool nullable = false;
  void (*pack)(const void* member, std::string_view name, dynamodb::ItemPacker& out) = nullptr;
  void (*load)(void* member,
               dynamodb::ValueView stored) = nullptr;  // throws BadValue; not called with NULL
  void (*absent)(void* member) = nullptr;              // nullptr: the member keeps its C++ default
  void (*make)(void* member, AnyFactory factory) = nullptr;
};

template <class V>
void pack_member(const void* member, std::string_view name, dynamodb::ItemPacker& out) {
  const V& v = *static_cast<const V*>(member);
  if constexpr (std::same_as<V, std::string>) {
    out.add_string(name, v);
  } else if constexpr (std::same_as<V, bool>) {
    out.add_bool(name, v);
  } else if constexpr (std::same_as<V, Uuid>) {
    char text[Uuid::kTextSize];
    v.write(text);
    out.add_string(name, {text, sizeof text});
  } else if (const Value value = Codec<V>::encode(v); !value.template is<dynamodb::Null>()) {
    out.add(name, value);
  }
}

template <class V>
inline constexpr TypeOps type_ops{
    .shape = &Codec<V>::shape,
    .nullable = nullable_v<V>,
    .pack = &pack_member<V>,
    .load = [](void* member, dynamodb::ValueView stored) { Codec<V>::decode(*static_cast<V*>(member), stored); },
    .absent = absence_is_a_value_v<V> ? +[](void* member) {
      if constexpr (std::same_as<V, Json>) codec::clear(*static_cast<Json*>(member));
      else if constexpr (absence_is_a_value_v<V>) *static_cast<V*>(member) = V{};
    } : nullptr,
    .make = [](void* member, AnyFactory factory) {
      *static_cast<V*>(member) = reinterpret_cast<V (*)()>(factory)();
    }};

// A TTLField's: the same C++ type as a DateTimeField's, stored as DynamoDB's time to live.
inline constexpr Shape kEpochShape{Shape::Type::epoch};
template <class V>
inline constexpr TypeOps ttl_ops{
    .shape = &kEpochShape,
    .nullable = nullable_v<V>,
    .pack =
        [](const void* member, std::string_view name, dynamodb::ItemPacker& out) {
          const std::optional<Timestamp> time = *static_cast<const V*>(member);
          if (time) out.add(name, codec::encode_epoch(*time));
        },
    .load = [](void* member,
               dynamodb::ValueView stored) { *static_cast<V*>(member) = codec::epoch(stored); },
    .absent = type_ops<V>.absent};

// ---- JSON and text, by shape: plain code (json_codec.cc)

bool is_null(const Json& json);
// The stored form of a JSON value, strictly: "true" is no bool and 1.5 no integer. Throws BadValue
// with a sentence for its sender.
Value from_json(const Shape& shape, const Json& json);
// The stored form of a value that a lookup, a form or a URL gives: text is read as what the field
// holds. Throws BadValue.
Value coerce(const Shape& shape, const Value& value);
// A value as conditions and updates carry it, for a field of this shape: a time of an epoch becomes
// its seconds.
Value stored_form(const Shape& shape, Value value);
void write_json(const Shape& shape, const Value& value, base::JsonWriter& out);
Json to_json(const Shape& shape, const Value& value);

}  // namespace dynamo_backend
