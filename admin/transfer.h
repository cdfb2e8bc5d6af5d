// Rows as files: exported as CSV or lines of JSON, read back with a preview.
//
// An export is made piece by piece while it is sent, so that its size does not matter. CSV is for
// people and spreadsheets: a header of fields, RFC 4180, and a ' before what a spreadsheet would
// take for a formula, which an import takes off. Lines of JSON are DynamoDB's typed JSON, and lose
// nothing.
// Thread safety: functions of their arguments; an Exporter is one thread's at a time.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/list_filters.h"
#include "admin/row_edit.h"

namespace admin {

enum class FileFormat : std::uint8_t { csv, jsonl };

class Exporter {
 public:
  // `fields`: what those who export may see.
  Exporter(const ModelAdmin& admin, ListRequest request, std::vector<const FieldInfo*> fields,
           FileFormat format);
  // Appends the next piece, of about 64 KiB; false: it is the last.
  bool next(std::string& out);

 private:
  void append(std::string& out, std::string_view packed) const;
  bool next_found(std::string& out);

  const ModelAdmin& admin_;
  const ListRequest request_;
  const std::vector<const FieldInfo*> fields_;
  const FileFormat format_;
  bool begun_ = false;
  std::unique_ptr<dynamo_backend::RowStream> rows_;  // null: of a search, page by page
  std::optional<dynamo_backend::search::PackedSearchPage> found_;
};

// A cell of a CSV file, with its quotes where it needs them.
void append_csv_cell(std::string& out, std::string_view text);

// ---- import
struct ImportLine {
  std::size_t number = 0;  // in the file, from 1
  std::string what{};      // "add", "change", "same", or what is wrong with it
  std::string text{};      // what the row calls itself
  std::vector<FieldChange> changes{};
  bool wrong = false;
};
struct ImportResult {
  std::vector<ImportLine> lines{};  // the first hundred, and the first hundred that are wrong
  std::size_t added = 0, changed = 0, same = 0, wrong = 0;
  std::set<std::string> left_out{};  // fields of the file that are not taken
  std::string stopped{};             // why the rest of the file was not read; empty: all of it was
};
// `text`: a file of either format, of rows that may have the key of a stored one, or none. Nothing
// is written unless `apply`; then every good line is, each with its entry in the log. Fields that
// are in `left_out` are passed over: an export has them. Others that are not in `fields` are
// refused.
struct ImportOptions {
  FileFormat format = FileFormat::csv;
  bool apply = false;
  bool may_add = true, may_change = true;
  std::vector<const FieldInfo*> fields{}, left_out{};
};
ImportResult import_rows(const ModelAdmin& admin, std::string_view text,
                         const ImportOptions& options, const Actor& actor);

}  // namespace admin
