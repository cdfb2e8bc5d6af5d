#include "dynamo_backend/search/opensearch/mapping.h"

#include <charconv>

#include "base/json.h"
#include "net/text.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;

constexpr std::string_view kPrefixes[] = {"texts.", "filters.", "exact."};

// A '.' would make an object of its parts.
std::string encoded(std::string_view attribute) {
  std::string out;
  for (const char c : net::percent_encode(attribute)) {
    if (c == '.')
      out += "%2E";
    else if (c == '~')
      out += "%7E";
    else
      out += c;
  }
  return out;
}

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 2 <= text.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

Json analysis() {
  const auto analyzer = [](std::initializer_list<const char*> filters) {
    return Json{{"type", "custom"}, {"tokenizer", "runs"}, {"filter", filters}};
  };
  return {{"tokenizer", {{"runs", {{"type", "pattern"}, {"pattern", "[^\\p{L}\\p{N}\\p{Co}]+"}}}}},
          // Lucene refuses a document for a token of more than 32,766 bytes.
          {"filter", {{"shortened", {{"type", "truncate"}, {"length", 256}}}}},
          {"analyzer",
           {{"words", analyzer({"lowercase", "asciifolding", "shortened"})},
            {"stems", analyzer({"lowercase", "asciifolding", "shortened", "porter_stem"})}}}};
}

Json text_mappings(const IndexDefinition& index) {
  Json all = Json::object();
  for (const TextField& text : index.texts)
    all[encoded(text.name)] = {{"type", "text"},
                               {"analyzer", "stems"},
                               {"term_vector", "with_positions_offsets"},  // for highlights
                               {"copy_to", kVocabulary}};
  return all;
}

const char* mapping_type(FilterType type) {
  switch (type) {
    case FilterType::boolean:
      return "boolean";
    case FilterType::integer:
      return "long";
    case FilterType::decimal:
      return "double";
    case FilterType::time:
      return "date";
    case FilterType::text:
      break;
  }
  return "keyword";
}

bool has_exact_form(FilterType type) {
  return type == FilterType::decimal || type == FilterType::time;
}

}  // namespace

std::string old_alias(const IndexDefinition& index) { return index.name + ".old"; }
std::string write_alias(const IndexDefinition& index, int version) {
  return physical_name(index, version) + ".write";
}

int version_number(const IndexDefinition& index, std::string_view name) {
  const std::string prefix = index.name + "_v";
  int number = 0;
  if (!name.starts_with(prefix)) return 0;
  name.remove_prefix(prefix.size());
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

std::string text_name(std::string_view text) { return "texts." + encoded(text); }
std::string filter_name(std::string_view filter) { return "filters." + encoded(filter); }
std::string exact_name(const FilterField& filter) {
  return has_exact_form(filter.type) ? "exact." + encoded(filter.name) : filter_name(filter.name);
}
std::string attribute_of(std::string_view name) {
  for (const std::string_view prefix : kPrefixes) {
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      return net::percent_decode(name).value_or(std::string(name));
    }
  }
  return std::string(name);
}

std::string filter_signature(const FilterField& filter) {
  return filter.name + ":" + mapping_type(filter.type);
}

Json index_body(const IndexDefinition& index, int version, bool serverless) {
  Json filters = Json::object(), exact = Json::object(), signatures = Json::array();
  for (const FilterField& field : index.filters) {
    filters[encoded(field.name)] = {{"type", mapping_type(field.type)}};
    if (has_exact_form(field.type)) exact[encoded(field.name)] = {{"type", "keyword"}};
    signatures.push_back(filter_signature(field));
  }
  const Json properties = {
      {"key", {{"type", "keyword"}}},
      {"deleted", {{"type", "boolean"}}},
      {"bucket", {{"type", "short"}}},
      {"check", {{"type", "long"}}},
      {"checkpoint", {{"type", "keyword"}}},
      {"position", {{"type", "keyword"}, {"index", false}, {"doc_values", false}}},
      {kVocabulary,
       {{"type", "text"},
        {"analyzer", "words"},
        {"norms", false},
        {"index_options", "docs"},
        {"fields",
         {{"stems",
           {{"type", "text"},
            {"analyzer", "stems"},
            {"norms", false},
            {"index_options", "docs"}}}}}}},
      {"texts", {{"properties", text_mappings(index)}}},
      {"filters", {{"properties", filters}}},
      {"exact", {{"properties", exact}}}};
  Json settings = {{"analysis", analysis()}};
  if (!serverless) settings["index"] = {{"auto_expand_replicas", "0-1"}};
  return {{"settings", settings},
          {"mappings",
           {{"dynamic", false},
            {"_meta",
             {{"index", index.name},
              {"version", version},
              {"fingerprint", index.fingerprint()},
              {"filters", signatures}}},
            {"properties", properties}}},
          {"aliases", {{write_alias(index, version), {{"is_hidden", true}}}}}};
}

Json exact_value(const FilterField& filter, const Value& value) {
  const auto* text = value.get_if<std::string>();
  const auto* number = value.get_if<dynamodb::Number>();
  switch (filter.type) {
    case FilterType::text:
    case FilterType::time:
      if (text) return *text;
      break;
    case FilterType::boolean:
      if (const bool* flag = value.get_if<bool>()) return *flag;
      break;
    case FilterType::integer:
      if (const auto integer = number ? number->to_int64() : std::nullopt) return *integer;
      break;
    case FilterType::decimal:
      if (number) {
        std::string ordered;
        dynamodb::append_ordered(ordered, number->text());
        return hex(ordered);
      }
  }
  throw FieldError("search: '" + filter.name + "' does not take a value of this type.");
}

Value value_of(const FilterField& filter, const Json& key) {
  try {
    switch (filter.type) {
      case FilterType::text:
      case FilterType::time:
        return key.get<std::string>();
      case FilterType::boolean:
        return key.is_boolean() ? key.get<bool>() : key.get<int>() != 0;
      case FilterType::integer:
        return key.get<std::int64_t>();
      case FilterType::decimal: {
        const std::string bytes = from_hex(key.get<std::string>());
        std::string_view rest = bytes;
        if (auto number = dynamodb::take_ordered(rest)) return *std::move(number);
      }
    }
  } catch (const Json::exception&) {
    // Told below.
  }
  throw Unavailable("OpenSearch gives " + key.dump() + " as a value of '" + filter.name +
                    "': the index is not one of ours.");
}

}  // namespace dynamo_backend::search::opensearch
