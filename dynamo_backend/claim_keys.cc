#include "dynamo_backend/claim_keys.h"

#include <sodium.h>

#include "base/base64.h"
#include "dynamo_backend/key_rules.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/unicode.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kLongestKey = 1024;
constexpr std::size_t kLongestPrefix = kLongestKey / 2;
constexpr std::string_view kHashed = "%hash#";

std::string escape(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '#')
      out += "%23";
    else if (c == '%')
      out += "%25";
    else
      out += c;
  }
  return out;
}

// Of a Unique (`declared`), or of a unique field.
std::string set_prefix(std::string_view table, const std::vector<std::string>& attributes,
                       bool declared) {
  std::string prefix = claim_prefix(table);
  // No attribute's name reads so: its '%' would be escaped.
  if (declared) prefix += "%set" + std::to_string(attributes.size()) + "#";
  for (const std::string& a : attributes) prefix += escape(a) + "#";
  return prefix;
}

std::string value_text(const UniqueInfo& unique, const Value& value) {
  if (const auto* s = value.get_if<std::string>())
    return unique.fold_case ? caseless(*s, NormalForm::nfc) : *s;
  if (const auto* n = value.get_if<dynamodb::Number>()) return n->text();
  if (const auto* b = value.get_if<bool>()) return *b ? "1" : "0";
  if (const auto* b = value.get_if<Binary>()) return base::base64_encode(b->bytes);
  // A stored value of another type than the model's: a row that others wrote.
  return "%" + base::base64_encode(dynamodb::pack_value(value));
}

std::optional<Value> key_value(const FieldInfo& field, const std::string& text) {
  switch (field.shape().stored().value_or(dynamodb::Type::S)) {
    case dynamodb::Type::N: {
      const auto number = dynamodb::Number::parse(text);
      return number ? std::optional<Value>(*number) : std::nullopt;
    }
    case dynamodb::Type::B: {
      auto bytes = base::base64_decode(text);
      if (!bytes || bytes->empty()) return std::nullopt;
      return Binary{*std::move(bytes)};
    }
    default:
      return text.empty() ? std::nullopt : std::optional<Value>(text);
  }
}

// The partition key's part of an owner's text, as claim_owner() wrote it.
std::string unescaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; ++at)
    text.replace(at, 3, text.compare(at, 3, "%2F") == 0 ? "/" : "%");
  return text;
}

}  // namespace

std::string claim_prefix(std::string_view table) { return std::string(table) + "#"; }

std::vector<std::string> claim_prefixes(std::string_view table,
                                        const std::vector<std::string>& attributes) {
  std::vector<std::string> prefixes{set_prefix(table, attributes, true)};
  if (attributes.size() == 1) prefixes.push_back(set_prefix(table, attributes, false));
  for (std::string& prefix : prefixes)
    if (prefix.size() > kLongestPrefix) prefix = claim_prefix(table) + std::string(kHashed);
  return prefixes;
}

bool names_no_set(std::string_view table, std::string_view claim) {
  return claim.starts_with(claim_prefix(table) + std::string(kHashed));
}

std::optional<std::string> claim_key(const ModelInfo& model, const UniqueInfo& unique,
                                     dynamodb::ItemView item) {
  std::string text;
  for (const FieldInfo* f : unique.fields) {
    const auto value = stored_value(*f, item);
    if (!value) return std::nullopt;
    const std::string part = value_text(unique, dynamodb::unpack(*value));
    text += unique.declared ? std::to_string(part.size()) + ":" + part : part;
  }
  std::string prefix = set_prefix(model.table, attribute_names(unique), unique.declared);
  if (prefix.size() > kLongestPrefix) {  // long names go into the hash, too
    text = std::string(kHashed) + prefix + text;
    prefix = claim_prefix(model.table);
  }
  if (prefix.size() + text.size() <= kLongestKey && !text.starts_with(kHashed))
    return prefix + text;
  std::string hash(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return prefix + std::string(kHashed) + base::base64url_encode(hash);
}

std::string claim_owner(const ModelInfo& model, const dynamodb::Item& key) {
  const auto text = [&](const FieldInfo& f) {
    return text_of_key_value(key.find(f.attribute)->second);
  };
  if (!model.sort) return text(*model.partition);
  // "a/b" with "c" is another key than "a" with "b/c".
  std::string partition;
  for (char c : text(*model.partition))
    partition += c == '/' ? "%2F" : c == '%' ? "%25" : std::string(1, c);
  return partition + "/" + text(*model.sort);
}

std::optional<dynamodb::Item> key_of_owner(const ModelInfo& model, const std::string& owner) {
  const std::size_t slash = model.sort ? owner.find('/') : std::string::npos;
  if (model.sort && slash == std::string::npos) return std::nullopt;
  const auto partition =
      key_value(*model.partition, model.sort ? unescaped(owner.substr(0, slash)) : owner);
  if (!partition) return std::nullopt;
  dynamodb::Item key{{std::string(model.partition->attribute), *partition}};
  if (model.sort) {
    const auto sort = key_value(*model.sort, owner.substr(slash + 1));
    if (!sort) return std::nullopt;
    key.emplace(model.sort->attribute, *sort);
  }
  return claim_owner(model, key) == owner ? std::optional(std::move(key)) : std::nullopt;
}

}  // namespace dynamo_backend
