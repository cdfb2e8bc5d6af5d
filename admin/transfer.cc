#include "admin/transfer.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "admin/input_checks.h"
#include "admin/values.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/transaction.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/wire.h"

namespace admin {
namespace {

using dynamo_backend::BadValue;
using dynamo_backend::Strictness;
using dynamo_backend::Value;

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kShownLines = 100;

// What a spreadsheet would run as a formula (rule O6), behind any number of '; a number is none.
// Exported it has one ' more, which an import takes off.
bool is_formula(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of('\''), text.size()));
  if (text.empty() || std::string_view("=+-@\t\r").find(text.front()) == std::string_view::npos)
    return false;
  return !dynamodb::Number::parse(text).has_value();
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  const bool formula = is_formula(text);
  if (!formula && text.find_first_of(",;\t\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  if (formula) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

Exporter::Exporter(const ModelAdmin& admin, ListRequest request,
                   std::vector<const FieldInfo*> fields, FileFormat format)
    : admin_(admin),
      request_(std::move(request)),
      fields_(std::move(fields)),
      format_(format),
      found_(found_rows(admin_, request_, {})) {
  if (!found_)
    rows_ = std::make_unique<dynamo_backend::RowStream>(list_query(admin_, request_),
                                                        /*whole=*/true);
}

bool Exporter::next(std::string& out) {
  if (!begun_ && format_ == FileFormat::csv) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (i > 0) out += ',';
      append_csv_cell(out, fields_[i]->attribute);
    }
    out += "\r\n";
  }
  begun_ = true;
  if (found_) return next_found(out);
  while (out.size() < kPiece) {
    const auto packed = rows_->next();
    if (!packed) return false;
    append(out, *packed);
  }
  return true;
}

bool Exporter::next_found(std::string& out) {
  for (const std::string& row : found_->rows) append(out, row);
  if (!found_->next) return false;
  found_ = found_rows(admin_, request_, *found_->next);
  return found_.has_value();
}

void Exporter::append(std::string& out, std::string_view packed) const {
  const dynamodb::ItemView item(packed);
  if (format_ == FileFormat::jsonl) {
    dynamodb::ItemPacker packer;
    for (const FieldInfo* field : fields_)
      if (const auto value = item.find(field->attribute)) packer.add(field->attribute, *value);
    const dynamodb::PackedItem chosen = std::move(packer).finish();
    dynamodb::wire::append_json(out, chosen.view());
    out += '\n';
    return;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) out += ',';
    const auto value = item.find(fields_[i]->attribute);
    if (!value) continue;
    if (value->type() == dynamodb::Type::S)
      append_csv_cell(out, value->text());
    else if (value->type() == dynamodb::Type::N)
      out += value->text();
    else
      append_csv_cell(out, input_text(*fields_[i], dynamodb::unpack(*value)));
  }
  out += "\r\n";
}

// ---- import

namespace {

// The records of a CSV text, one by one.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }
  // False at the end. Throws FieldError for a quote that is not closed.
  bool next(std::vector<std::string>& cells) {
    cells.clear();
    problem_.clear();
    if (rest_.empty()) return false;
    std::string cell;
    for (;;) {
      const bool is_quoted = rest_.starts_with('"');
      if (is_quoted) quoted(cell);
      const std::size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
      if (is_quoted && end > 0)
        problem_ = "cell " + std::to_string(cells.size() + 1) +
                   " goes on behind its closing quote; a quote within quotes is written twice";
      cell += rest_.substr(0, end);
      rest_.remove_prefix(end);
      cells.push_back(std::move(cell));
      cell.clear();
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
        continue;
      }
      if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
      if (!rest_.empty()) rest_.remove_prefix(1);
      return true;
    }
  }
  // Throws FieldError where the last record is none of RFC 4180. Those behind it are whole.
  void demand_good() const {
    if (!problem_.empty()) throw dynamo_backend::FieldError(problem_);
  }

 private:
  void quoted(std::string& cell) {
    rest_.remove_prefix(1);
    for (;;) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos)
        throw dynamo_backend::FieldError("The file ends inside quotes.");
      cell += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) return;
      cell += '"';
      rest_.remove_prefix(1);
    }
  }
  std::string_view rest_;
  std::string problem_{};
};

using Values = std::vector<std::pair<const FieldInfo*, Value>>;

class Importer {
 public:
  Importer(const ModelAdmin& admin, const ImportOptions& options, const Actor& actor)
      : admin_(admin), model_(admin.model), options_(options), actor_(actor) {}

  ImportResult run(std::string_view text) {
    try {
      options_.format == FileFormat::csv ? read_csv(text) : read_jsonl(text);
    } catch (const dynamo_backend::DatabaseError& e) {
      result_.stopped = "The database failed at line " + std::to_string(line_) +
                        ", and the file was read no further: " + e.what();
    }
    return std::move(result_);
  }

 private:
  // nullptr: it is passed over.
  const FieldInfo* field(std::string_view name) {
    const FieldInfo* found = model_.find(name);
    const auto is_in = [&](const std::vector<const FieldInfo*>& fields) {
      return found && std::find(fields.begin(), fields.end(), found) != fields.end();
    };
    if (is_in(options_.fields)) return found;
    if (!is_in(options_.left_out))
      throw dynamo_backend::FieldError("'" + std::string(name) +
                                       "' is no field that can be imported.");
    result_.left_out.emplace(name);
    return nullptr;
  }

  void read_csv(std::string_view text) {
    CsvReader reader(text);
    std::vector<std::string> cells;
    std::vector<const FieldInfo*> columns;
    if (!reader.next(cells)) return;
    reader.demand_good();
    for (const std::string& name : cells) {
      if (std::count(cells.begin(), cells.end(), name) > 1)
        throw dynamo_backend::FieldError("The header has '" + name + "' twice.");
      columns.push_back(field(name));
    }
    for (std::size_t number = 2; reader.next(cells); ++number) {
      if (cells.size() == 1 && cells[0].empty()) continue;
      line(number, [&] {
        reader.demand_good();
        if (cells.size() != columns.size())
          throw dynamo_backend::FieldError("it has " + std::to_string(cells.size()) +
                                           " cells, the header " + std::to_string(columns.size()));
        Values values;
        for (std::size_t i = 0; i < cells.size(); ++i)
          if (columns[i]) values.push_back(csv_value(*columns[i], cells[i]));
        return values;
      });
    }
  }

  static std::pair<const FieldInfo*, Value> csv_value(const FieldInfo& f, std::string cell) {
    if (cell.starts_with('\'') && is_formula(cell)) cell.erase(0, 1);
    if (f.key && cell.empty()) return {&f, Value()};
    try {
      return {&f, value_from_input(f, cell)};
    } catch (const BadValue& e) {
      throw dynamo_backend::FieldError(std::string(f.attribute) + ": " + e.what());
    }
  }

  void read_jsonl(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view json = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (json.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      line(number, [&] {
        const auto item = dynamodb::wire::decode_item(json);
        if (!item) throw dynamo_backend::FieldError(item.error().message);
        Values values;
        for (const auto& [name, value] : *item)
          if (const FieldInfo* found = field(name)) values.emplace_back(found, value);
        return values;
      });
    }
  }

  template <class Read>
  void line(std::size_t number, const Read& read) {
    ImportLine out{.number = line_ = number};
    const auto refuse = [&](const std::exception& e) {
      out.wrong = true;
      out.what = e.what();
      ++result_.wrong;
    };
    try {
      take(read(), out);
    } catch (const dynamo_backend::DatabaseError& e) {
      if (e.error().code != dynamodb::ErrorCode::validation) throw;  // not this line's fault
      refuse(e);
    } catch (const std::exception& e) {
      refuse(e);
    }
    const std::size_t kind = out.wrong ? result_.wrong : result_.lines.size();
    if (kind <= kShownLines) result_.lines.push_back(std::move(out));
  }

  void take(const Values& values, ImportLine& out) {
    dynamodb::Item key;
    for (const auto& [f, value] : values) {
      if (!f->key || value.is<dynamodb::Null>()) continue;
      if (value.type() != f->shape().stored())
        throw dynamo_backend::FieldError(std::string(f->attribute) + " is no key of this type");
      key.emplace(f->attribute, value);
    }
    const std::size_t parts = model_.sort ? 2 : 1;
    const bool has_key = key.size() == parts;
    if (!has_key && !model_.generated_key) throw dynamo_backend::FieldError("it lacks the key");
    const auto stored = has_key ? dynamo_backend::fetch(model_, key) : std::nullopt;
    const std::shared_ptr<void> row = stored ? row_of(model_, stored->bytes()) : model_.row.make();
    for (const auto& [f, value] : values) {
      if (f->key && (stored || value.is<dynamodb::Null>())) continue;
      demand_choice(*f, value, stored ? f->get(row.get()) : Value());
      try {
        f->set(row.get(), value);
      } catch (const BadValue& e) {
        throw dynamo_backend::FieldError(std::string(f->attribute) + " " + e.what());
      }
    }
    validate_row(model_, row.get(), Strictness::full);
    out.text = row_text(model_, row.get());
    const auto after = pack_row(model_, row.get());
    out.changes =
        compare_rows(model_, stored ? stored->view() : dynamodb::ItemView(), after.view());
    if (stored && out.changes.empty()) {
      out.what = "same";
      ++result_.same;
      return;
    }
    if (stored ? !options_.may_change : !options_.may_add)
      throw dynamo_backend::FieldError(stored ? "you may not change rows" : "you may not add rows");
    if (!stored) leave_out_automatic(out.changes, has_key);
    const auto before = stored ? stored->view() : dynamodb::ItemView();
    demand_related(before, after.view());
    if (!options_.apply) demand_unique(before, after.view());  // else the transaction does
    out.what = stored ? "change" : "add";
    if (options_.apply) write(stored.has_value(), row.get(), out);
    if (has_key && refers_to_itself_) added_.insert(hash_of(key_text(model_, key)));
    ++(stored ? result_.changed : result_.added);
  }

  // As a form does: a choice, or what the row has.
  void demand_choice(const FieldInfo& f, const Value& value, const Value& stored) const {
    if (!admin_.choices_of(f)) return;
    try {
      demand_choices(admin_, {.field = &f}, input_text(f, value), input_text(f, stored));
    } catch (const BadValue& e) {
      throw dynamo_backend::FieldError(std::string(f.attribute) + ": " + e.what());
    }
  }

  static constexpr std::size_t kMostKept = 10'000;
  static std::size_t hash_of(const std::string& text) { return std::hash<std::string>()(text); }

  // The rows that a row points to anew are there, as those of a form have to be.
  void demand_related(dynamodb::ItemView before, dynamodb::ItemView after) {
    for (const FieldInfo& f : model_.fields) {
      const auto now = is_relation(f.kind) ? after.find(f.attribute) : std::nullopt;
      if (!now || now->type() != dynamodb::Type::S) continue;
      const auto was = before.find(f.attribute);
      if (was && *was == *now) continue;
      const std::string key(now->text());
      if (&f.target() == &model_ && added_.count(hash_of(key)) > 0) continue;
      if (is_there_.size() >= kMostKept) is_there_.clear();
      const auto [at, is_new] = is_there_.try_emplace({&f.target(), key});
      if (is_new)
        at->second =
            fetch(f.target(), {{std::string(f.target().partition->attribute), key}}).has_value();
      if (!at->second)
        throw dynamo_backend::FieldError(std::string(f.attribute) +
                                         ": there is no row of the key " + key);
    }
  }

  // No row, and no line before, has one of the row's unique values.
  void demand_unique(dynamodb::ItemView before, dynamodb::ItemView after) {
    const auto& connection = dynamo_backend::Connection::current();
    std::vector<std::size_t> mine;
    for (const dynamo_backend::Claim& claim : claims_of(model_, after)) {
      if (has_claim(model_, before, claim.key)) continue;
      mine.push_back(hash_of(claim.key));
      const auto of_line = claimed_.find(mine.back());
      bool taken = of_line != claimed_.end() && of_line->second;
      if (of_line == claimed_.end()) {
        const auto stored = dynamo_backend::take(
            connection.client().get_item({.table = connection.table(dynamo_backend::kClaimsTable),
                                          .key = {{"pk", claim.key}},
                                          .consistent_read = true}),
            "GetItem");
        taken = stored.item.has_value() && !claim.may_expire;  // the transaction knows the time
      }
      if (taken) throw dynamo_backend::FieldError(taken_text(*claim.unique, after));
    }
    for (const dynamo_backend::Claim& claim : claims_of(model_, before))
      if (!has_claim(model_, after, claim.key)) claimed_[hash_of(claim.key)] = false;
    for (const std::size_t claim : mine) claimed_[claim] = true;
  }

  // What a new row has by itself when it is written.
  void leave_out_automatic(std::vector<FieldChange>& changes, bool has_key) const {
    std::erase_if(changes, [&](const FieldChange& change) {
      const FieldInfo* f = model_.find(change.field);
      return f && (f->auto_now || f->auto_now_add || (f->key && !has_key));
    });
  }

  void write(bool is_stored, void* row, ImportLine& out) const {
    dynamo_backend::transaction([&](dynamo_backend::Transaction& t) {
      if (is_stored) {
        out.changes = save_changes(t, model_, row);
      } else {
        t.create(model_, row);  // it has its key and its automatic times by then
        const auto made = pack_row(model_, row);
        out.changes = compare_rows(model_, {}, made.view());
      }
      LogEntry entry = make_entry(actor_, model_, key_of(model_, static_cast<const void*>(row)),
                                  out.text, is_stored ? "change" : "add", out.changes);
      t.create(entry);
    });
  }

  const ModelAdmin& admin_;
  const ModelInfo& model_;
  const ImportOptions& options_;
  const Actor& actor_;
  std::size_t line_ = 0;
  std::map<std::pair<const ModelInfo*, std::string>, bool> is_there_{};  // rows, by their key
  // A file may have a million lines: what is known of each is kept by its hash.
  const bool refers_to_itself_ = std::any_of(
      model_.fields.begin(), model_.fields.end(),
      [this](const FieldInfo& f) { return is_relation(f.kind) && &f.target() == &model_; });
  std::unordered_set<std::size_t> added_{};          // keys of lines' rows
  std::unordered_map<std::size_t, bool> claimed_{};  // unique values: taken by a line, or given up
  ImportResult result_{};
};

}  // namespace

ImportResult import_rows(const ModelAdmin& admin, std::string_view text,
                         const ImportOptions& options, const Actor& actor) {
  return Importer(admin, options, actor).run(text);
}

}  // namespace admin
