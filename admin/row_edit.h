// Saving what a form sends, without losing what others wrote meanwhile.
//
// A form carries each field's text as it was shown (`base`) beside the text that was sent (`mine`).
// The row is read again in the transaction that writes it: a field that only the sender changed is
// set, one that only others changed stays, and one that both changed to different texts is a
// conflict, unless the sender has decided. The row, its links, its inlines and the log's entries
// are written together or not at all; but for links that are more than a transaction takes (100
// actions in all), which follow it. Thread safety: functions of their arguments.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "admin/audit.h"
#include "admin/row_links.h"
#include "admin/site.h"

namespace dynamo_backend {
class Transaction;
}

namespace admin {

struct FieldInput {
  const FieldInfo* field = nullptr;
  std::string name{};  // of the input
  std::string base{}, mine{};
};
struct RowInput {
  std::optional<dynamodb::Item> key{};  // absent: a new row
  std::string prefix{};                 // of the names of its inputs
  std::vector<FieldInput> fields{};
  bool remove = false;  // of an inline's row
};
struct InlineInput {
  const Inline* of = nullptr;
  std::vector<RowInput> rows{};  // new ones without any text are left out
  bool may_add = false;
  bool too_many = false;  // lines were sent that nobody reads
};
// The keys that a many-to-many is to have.
struct LinksInput {
  const FieldInfo* field = nullptr;
  std::vector<base::Uuid> base{}, mine{};
  std::vector<std::string> wrong{};  // what was sent and is no key
};
struct EditInput {
  RowInput row{};
  std::vector<LinksInput> links{};
  std::vector<InlineInput> inlines{};
};

struct Conflict {
  std::string name{};  // of the input
  const FieldInfo* field = nullptr;
  std::string base{}, theirs{}, mine{};
};
struct Edited {
  dynamodb::Item key{};
  std::string text{};  // what the row calls itself
  bool changed = false;
  // What is wrong, by name of input; "" about the row as a whole. Nothing was written.
  std::map<std::string, std::vector<std::string>> errors{};
  std::vector<Conflict> conflicts{};  // nothing was written
  bool gone = false;                  // somebody deleted the row
  bool ok() const { return errors.empty() && conflicts.empty() && !gone; }
};
Edited save_edit(const ModelAdmin& admin, const EditInput& input, const Actor& actor);

// Saves a stored row. What that changes, after the functions of pre_save, for its entry; automatic
// times are left out.
std::vector<FieldChange> save_changes(dynamo_backend::Transaction& t, const ModelInfo& model,
                                      void* row);

// What a row has that goes, with the links that go with it.
std::vector<FieldChange> changes_of_deletion(const ModelInfo& model, dynamodb::ItemView row);

// For an actor's job each of these does its work on a row once: true, too, where the log has that.

// Changes a stored row by a function of it, as an edit of `actor`. Throws the models' exceptions;
// false: the row is gone.
bool change_row(const ModelInfo& model, const dynamodb::Item& key, const Actor& actor,
                const std::function<void(void* row)>& change);
// Takes back what an entry says, where the row is as the entry left it; false: it is not.
bool revert(const ModelInfo& model, const LogEntry& entry, const Actor& actor);
// Deletes a row with what hangs on it, and writes the log. False: it is gone.
bool delete_row(const ModelInfo& model, const dynamodb::Item& key, const Actor& actor);

// A row that was deleted, as the log knows it. Throws IntegrityError: it is there.
void restore_row(const ModelInfo& model, const LogEntry& entry, const Actor& actor);

}  // namespace admin
