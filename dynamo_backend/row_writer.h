// The steps of saving a row, for save_row(), bulk_insert() and transactions.
// Thread safety: as the row's own.
#pragma once
#include "dynamo_backend/row_actions.h"

namespace dynamo_backend {

// Values that are made on create (factories, keys, times) and by every save (times).
void prepare_insert(const ModelInfo& model, void* row, Timestamp now);
void prepare_update(const ModelInfo& model, void* row, Timestamp now);

// The row to insert, as it will be stored: version 1 and up.
dynamodb::Item insert_item(const ModelInfo& model, const void* row);
// What of the row differs from what was read, without the version.
RowChange changes_of(const ModelInfo& model, const void* row, const dynamodb::PackedItem& stored);
Value stored_or_null(const FieldInfo& field, dynamodb::ItemView item);
// Whether the member has the value; false, too, where it has one that cannot be stored.
bool holds(const FieldInfo& field, const void* row, const Value& value);

// Of a row that is to be removed, of a model with a VersionField: that the stored one is the one
// that the object knows; empty without. Throws ConflictError.
dynamodb::Condition check_version(const ModelInfo& model, void* row, dynamodb::ItemView stored);

// Whether a row with a VersionField is as it was read, for a change of it: its version tells, but
// not of what was counted in the counters that the change assigns, which become guards of it.
bool is_as_known(const ModelInfo& model, dynamodb::ItemView read, dynamodb::ItemView now,
                 RowChange& change);

// The fields that the row has a value of.
std::vector<const FieldInfo*> stored_fields(const ModelInfo& model, dynamodb::ItemView item);
// After the write: the row's version and state are what is stored; save() compares with it from
// then on. Returns the fields that were written.
std::vector<const FieldInfo*> set_inserted(const ModelInfo& model, void* row,
                                           const dynamodb::PackedItem& stored);
// `read`: the row as this object knew it; `after`: as the write left it. The state holds what this
// object believes, not what others wrote meanwhile: or the next save() would undo them.
std::vector<const FieldInfo*> set_updated(const ModelInfo& model, void* row,
                                          dynamodb::ItemView read, const RowChange& change,
                                          dynamodb::ItemView after);

}  // namespace dynamo_backend
