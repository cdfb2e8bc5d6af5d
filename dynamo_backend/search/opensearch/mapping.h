// How a model's documents lie in OpenSearch: names, settings, mappings.
//
//   alias `posts`            the live version; `posts.old` those that were live before (hidden)
//   index `posts_v3`         a version; its alias `posts_v3.write` (hidden) is what is written to
//
//   _id                      the document's key; _version its version (external)
//   texts.<name>             stemmed; all of them copied into `vocabulary`, as words and as stems
//   filters.<name>           keyword, boolean, long, double (of a decimal) or date (of a time)
//   exact.<name>             keyword: decimals and times in a form that is exact and sorts as they
//                            do: a decimal's ordered bytes in hexadecimal, a time's ISO text
//   key, deleted             a tombstone has deleted = true and nothing else
//   bucket, check            what table and index are compared by (document.h)
//   checkpoint, position     of a checkpoint, a document with none of the above
//
// `dynamic` is false: what is not declared is not indexed. Names are percent-encoded where they are
// other than letters, digits, '_' and '-'.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search::opensearch {

inline constexpr const char* kVocabulary = "vocabulary";
inline constexpr const char* kStemVocabulary = "vocabulary.stems";

std::string old_alias(const IndexDefinition& index);
std::string write_alias(const IndexDefinition& index, int version);
// The number in "posts_v3" where that is a version of the index; 0 otherwise.
int version_number(const IndexDefinition& index, std::string_view physical_name);

std::string text_name(std::string_view text);
std::string filter_name(std::string_view filter);
// What equality, facets and order go by: the same, but of decimals and times.
std::string exact_name(const FilterField& filter);
// The attribute in such a name: "rating" of "filters.rating"; the text itself where it is none.
std::string attribute_of(std::string_view field_name);

// The body of the request that creates a version. `serverless`: without settings of shards.
base::Json index_body(const IndexDefinition& index, int version, bool serverless);
// What _meta of a version's mapping says of a filter: its name with its type.
std::string filter_signature(const FilterField& filter);

// A filter's value as documents and queries have it under exact_name(). Throws FieldError for a
// value of another type.
base::Json exact_value(const FilterField& filter, const Value& value);
// And back, of a bucket's "key". Throws Unavailable for what no index of ours holds.
Value value_of(const FilterField& filter, const base::Json& key);

}  // namespace dynamo_backend::search::opensearch
