// Names of stored types, and their shapes: interned, since a Shape points to that of its elements.
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "dynamo_backend/migrations/state.h"
#include "dynamodb/limits.h"

namespace dynamo_backend::migrations {
namespace {

using Type = Shape::Type;

constexpr std::string_view kListOf = "list of ";
constexpr std::string_view kSetOf = "set of ";

struct Named {
  std::string_view name;
  Shape shape;
};
constexpr std::array<Named, 10> kScalars{{
    {"text", {Type::text}},
    {"integer",
     {Type::integer, nullptr, std::numeric_limits<std::int64_t>::min(),
      std::numeric_limits<std::uint64_t>::max()}},
    {"real", {Type::real}},
    {"decimal", {Type::decimal}},
    {"boolean", {Type::boolean}},
    {"datetime", {Type::datetime}},
    {"epoch", {Type::epoch}},
    {"uuid", {Type::uuid}},
    {"json", {Type::json}},
    {"binary", {Type::binary}},
}};

struct Interned {
  std::mutex mutex{};
  std::map<std::string, std::unique_ptr<const Shape>, std::less<>> shapes{};
};

const Shape& interned(std::string_view name, const Shape& shape) {
  static Interned all;
  const std::lock_guard lock(all.mutex);
  auto& entry = all.shapes[std::string(name)];
  if (!entry) entry = std::make_unique<const Shape>(shape);
  return *entry;
}

}  // namespace

std::string type_of(const Shape& shape) {
  if (shape.type == Type::list || shape.type == Type::set) {
    const std::string_view container = shape.type == Type::list ? kListOf : kSetOf;
    return std::string(container) + (shape.element ? type_of(*shape.element) : "text");
  }
  for (const Named& scalar : kScalars) {
    if (scalar.shape.type == shape.type) return std::string(scalar.name);
  }
  throw MigrationError("a type that is not stored has no name");
}

const Shape& shape_of(std::string_view type) {
  std::size_t levels = 0;
  for (std::string_view rest = type; rest.starts_with(kListOf) || rest.starts_with(kSetOf);) {
    if (++levels > dynamodb::kMaxNesting)
      throw MigrationError("\"" + std::string(type.substr(0, 3 * kListOf.size())) +
                           "…\" has more than " + std::to_string(dynamodb::kMaxNesting) +
                           " levels, which is as many as DynamoDB stores");
    rest.remove_prefix(rest.starts_with(kListOf) ? kListOf.size() : kSetOf.size());
  }
  for (const Named& scalar : kScalars) {
    if (scalar.name == type) return scalar.shape;
  }
  if (type.starts_with(kListOf))
    return interned(type, {Type::list, &shape_of(type.substr(kListOf.size()))});
  if (type.starts_with(kSetOf)) {
    const Shape& element = shape_of(type.substr(kSetOf.size()));
    if (element.is_key_type()) return interned(type, {Type::set, &element});
  }
  std::string names;
  for (const Named& scalar : kScalars) names += std::string(scalar.name) + ", ";
  throw MigrationError("\"" + std::string(type) + "\" is no stored type; they are " + names +
                       "\"list of …\" and \"set of …\" (of what is stored as S, N or B)");
}

}  // namespace dynamo_backend::migrations
