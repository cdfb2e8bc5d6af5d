#include "dynamo_backend/search/document.h"

#include <algorithm>

#include "base/base64.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/words.h"
#include "dynamo_backend/search_version.h"

namespace dynamo_backend::search {
namespace {

constexpr std::size_t kLongestKey = 512;  // OpenSearch: of an _id

bool is_plain_key(const ModelInfo& model) {
  return !model.sort && model.partition->shape().stored() == dynamodb::Type::S;
}

std::string checked(const ModelInfo& model, std::string key) {
  if (key.size() <= kLongestKey) return key;
  throw ModelError(model.name + ": the key " + key.substr(0, 40) + "… takes " +
                   std::to_string(key.size()) + " bytes in the full-text index, which takes " +
                   std::to_string(kLongestKey) + ".");
}

std::int64_t version_of(dynamodb::ItemView row) {
  const auto stored = row.find(kSearchVersion);
  if (!stored || stored->type() != dynamodb::Type::N) return 0;
  const auto version = dynamodb::Number::from_canonical(stored->text()).to_int64();
  return version && *version > 0 ? *version : 0;
}

// One value in its form for filters; NULL where an outsider has stored what the field cannot hold.
Value filter_value(FilterType type, dynamodb::ValueView stored) {
  using dynamodb::Type;
  switch (type) {
    case FilterType::boolean:
      return stored.type() == Type::BOOL ? Value(stored.boolean()) : Value();
    case FilterType::integer:
    case FilterType::decimal: {
      if (stored.type() != Type::N) return {};
      auto number = dynamodb::Number::from_canonical(stored.text());
      return type == FilterType::decimal || number.to_int64() ? Value(std::move(number)) : Value();
    }
    case FilterType::time: {
      const auto time = stored.type() == Type::S ? base::parse_iso(stored.text()) : std::nullopt;
      return time ? Value(base::to_iso(*time)) : Value();
    }
    case FilterType::text:
      break;
  }
  const bool fits = stored.type() == Type::S && stored.text().size() <= kMaxFilterBytes;
  return fits ? Value(stored.text()) : Value();
}

std::vector<Value> filter_values(const FilterField& field, dynamodb::ValueView stored) {
  std::vector<Value> values;
  const auto add = [&](Value value) {
    if (!value.is<dynamodb::Null>() &&
        std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(std::move(value));
  };
  if (!field.many) {
    add(filter_value(field.type, stored));
  } else if (stored.type() == dynamodb::Type::L) {
    for (const dynamodb::ValueView element : stored.list()) add(filter_value(field.type, element));
  } else if (stored.type() == dynamodb::Type::SS) {
    for (const std::string_view member : stored.set()) {
      if (member.size() <= kMaxFilterBytes) add(Value(member));
    }
  }
  return values;
}

bool is_too_long(dynamodb::ValueView stored) {
  using dynamodb::Type;
  if (stored.type() == Type::S) return stored.text().size() > kMaxFilterBytes;
  if (stored.type() == Type::L) {
    for (const dynamodb::ValueView element : stored.list())
      if (element.type() == Type::S && is_too_long(element)) return true;
  } else if (stored.type() == Type::SS) {
    for (const std::string_view member : stored.set())
      if (member.size() > kMaxFilterBytes) return true;
  }
  return false;
}

// FNV-1a, and the finaliser of SplitMix64 for its low bits.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  return hash;
}
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

Document document_of(const IndexDefinition& index, dynamodb::ItemView row) {
  Document document{.key = document_key(*index.model, row), .version = version_of(row)};
  for (const TextField& text : index.texts) {
    const auto stored = row.find(text.name);
    const bool is_text = stored && stored->type() == dynamodb::Type::S;
    document.texts.push_back(is_text ? indexable_text(stored->text()) : std::string());
  }
  for (const FilterField& field : index.filters) {
    const auto stored = row.find(field.name);
    document.filters.push_back(stored ? filter_values(field, *stored) : std::vector<Value>());
    if (stored && field.type == FilterType::text && is_too_long(*stored))
      base::log_warning("search: " + index.name + ": " + field.name + " of " + document.key +
                        " has a text of more than " + std::to_string(kMaxFilterBytes) +
                        " bytes: no filter finds the row by it.");
  }
  return document;
}

Document tombstone_of(const IndexDefinition& index, dynamodb::ItemView last) {
  return {
      .key = document_key(*index.model, last), .version = version_of(last) + 1, .deleted = true};
}

std::string document_key(const ModelInfo& model, dynamodb::ItemView row) {
  return document_key(model, key_of(model, row));
}

std::string document_key(const ModelInfo& model, const dynamodb::Item& key) {
  if (is_plain_key(model))
    return checked(model, key.find(model.partition->attribute)->second.as<std::string>());
  return checked(model, base::base64url_encode(dynamodb::PackedItem(key).bytes()));
}

dynamodb::Item table_key(const ModelInfo& model, std::string_view key) {
  if (is_plain_key(model)) return {{std::string(model.partition->attribute), Value(key)}};
  const auto packed = base::base64url_decode(key);
  if (!packed || !dynamodb::is_packed_item(*packed))
    throw ModelError(model.name + ": '" + std::string(key) + "' is no key of a document.");
  return dynamodb::unpack(dynamodb::ItemView(*packed));
}

unsigned bucket_of(std::string_view key) {
  return static_cast<unsigned>(mix(hash_of(key)) % kBuckets);
}

std::uint32_t check_of(std::string_view key, std::int64_t version) {
  return static_cast<std::uint32_t>(
      mix(hash_of(key) + static_cast<std::uint64_t>(version) * 0x9E3779B97F4A7C15ull) >> 32);
}

}  // namespace dynamo_backend::search
