// Documents and checkpoints as requests of the _bulk API, and its answers.
//
// Source: OpenSearch documentation, "Bulk". Each document is one operation with a version of its
// own (external_gte): what is older than what is there is refused by OpenSearch, one by one.
// Thread safety: functions of their arguments.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search::opensearch {

// Appends one document's lines. REQUIRES: no why_not().
void append_document(std::string& lines, const IndexDefinition& index, const Document& document);
void append_checkpoint(std::string& lines, const Checkpoint& checkpoint);

// Why a document cannot be sent at all; empty: it can.
std::string why_not(const Document& document);

// What became of one operation: an element of the answer's "items". Throws IndexMissing where its
// index was not there.
Outcome outcome_of(const base::Json& item);

}  // namespace dynamo_backend::search::opensearch
