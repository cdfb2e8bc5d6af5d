// Attributes of ComputedIndexes: kept equal to the function of the stored row, whoever changes
// which of its members.
//
// A write that touches a member that the function reads sets the attribute in the same write, on
// condition that the other members it reads are as they were. Which those are `.reads` declares;
// else they are found by trying the function on sample rows when the model is first used, and after
// a write the row that DynamoDB answers is checked as well and put right, should trying have missed
// one.
// Thread safety: functions of their arguments.
#pragma once
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

// The members whose change changes the function's value on sample rows; all of them, where the
// function throws.
std::vector<const FieldInfo*> find_reads(const ModelInfo& model, const FieldInfo& computed);

// The members that the functions which `changed` may change read; empty: none is touched.
std::vector<const FieldInfo*> computed_guards(const ModelInfo& model,
                                              const std::vector<const FieldInfo*>& changed);

// The computed attributes of a stored item; those without a value are NULL.
dynamodb::Item computed_values(const ModelInfo& model, std::string_view packed);

// Puts the computed attributes of the stored row `after` right, where they differ.
void verify_computed(const Connection& connection, const ModelInfo& model,
                     const dynamodb::PackedItem& after);

}  // namespace dynamo_backend
