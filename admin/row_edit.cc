#include "admin/row_edit.h"

#include <algorithm>
#include <map>
#include <set>

#include "admin/input_checks.h"
#include "admin/values.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/transaction.h"
#include "dynamo_backend/transaction_error.h"

namespace admin {
namespace {

using base::Uuid;
using dynamo_backend::BadValue;
using dynamo_backend::key_text;
using dynamo_backend::ManyBase;
using dynamo_backend::Strictness;
using dynamo_backend::Transaction;
using dynamo_backend::ValidationError;
using dynamo_backend::Value;

// A refusal that ends the function of a transaction.
struct Refused {};

dynamodb::ItemView stored_of(const ModelInfo& model, void* row) {
  return model.row.state(row).stored();
}

// A row of an inline that is not read: each that is takes one of a transaction's hundred.
bool is_as_shown(const RowInput& row) {
  return row.key && !row.remove &&
         std::all_of(row.fields.begin(), row.fields.end(), [](const FieldInput& in) {
           return is_same_input(*in.field, in.mine, in.base);
         });
}

class Editor {
 public:
  Editor(const ModelAdmin& admin, const EditInput& input, const Actor& actor)
      : admin_(admin), model_(admin.model), input_(input), actor_(actor) {}

  Edited run() {
    try {
      mistakes_ = mistakes_of(input_);
      write_all();
    } catch (const Refused&) {
    } catch (const dynamo_backend::IntegrityError& e) {
      take(e);
    } catch (const ValidationError& e) {
      take(e, input_.row);
    } catch (const dynamo_backend::TransactionTooLarge&) {
      out_.errors[""].emplace_back(
          "These are more changes than one transaction takes (100): save them in parts.");
    } catch (const dynamo_backend::ProtectedError& e) {
      out_.errors[""].emplace_back(e.what());
    } catch (const dynamo_backend::ConflictError&) {
      out_.errors[""].emplace_back("Others are writing this row at this moment: save again.");
    }
    return std::move(out_);
  }

 private:
  struct Row {
    std::shared_ptr<void> row{};
    bool is_new = false;
    dynamodb::PackedItem before{};
    bool touched = false;
  };

  void write_all() {
    try {
      dynamo_backend::transaction([&](Transaction& t) { write(t); });
      return;
    } catch (const dynamo_backend::TransactionTooLarge&) {
      if (!links_differ()) throw;
    }
    links_apart_ = true;
    dynamo_backend::transaction([&](Transaction& t) { write(t); });
    set_links();
  }

  // All that the transaction writes; run again where what it read has changed.
  void write(Transaction& t) {
    out_ = {};
    out_.errors = mistakes_;
    entries_.clear();
    written_.clear();
    auto parent = read(t, model_, input_.row);
    if (!parent) {
      out_.gone = true;
      throw Refused();
    }
    apply(model_, *parent, input_.row, !parent->is_new);
    unlink_removed(t, *parent);
    check(model_, *parent, input_.row);
    save(t, model_, *parent, input_.row);
    parent_ = parent->row;
    out_.key = key_of(model_, static_cast<const void*>(parent->row.get()));
    out_.text = row_text(model_, parent->row.get());
    for (const InlineInput& in : input_.inlines) {
      int more = 0;
      for (const RowInput& row : in.rows)
        if (!is_as_shown(row)) more += write_inline(t, in, row);
      const auto problem = wrong_count(in, model_, parent->row.get(), more, parent->is_new);
      if (!problem.empty()) out_.errors[""].push_back(problem);
    }
    if (!out_.ok()) throw Refused();
    if (!links_apart_) write_links(t);
    if (links_differ() && !is_logged()) add_entry(model_, out_.key, out_.text, "change", {});
    out_.changed = !entries_.empty();
    for (LogEntry& entry : entries_) t.create(entry);
  }

  // Keys that are set to null with the inlines' rows that go: a transaction writes a row once.
  void unlink_removed(Transaction& t, Row& row) const {
    const Value parent = model_.partition->get(row.row.get());
    for (const InlineInput& in : input_.inlines) {
      for (const auto& by : dynamo_backend::Registry::instance().references_to(*in.of->model)) {
        if (by.model != &model_ || by.field->on_delete != dynamo_backend::OnDelete::set_null)
          continue;
        for (const RowInput& removed : in.rows) {
          if (!removed.remove || !removed.key) continue;
          const Value& key = removed.key->find(in.of->model->partition->attribute)->second;
          if (by.field->get(row.row.get()) != key) continue;
          const auto child = read(t, *in.of->model, removed);
          if (!child || inline_key(*in.of, model_)->get(child->row.get()) != parent) continue;
          by.field->set(row.row.get(), Value());
          row.touched = true;
        }
      }
    }
  }

  // How many rows an inline has more after it.
  int write_inline(Transaction& t, const InlineInput& in, const RowInput& input) {
    const ModelInfo& model = *in.of->model;
    const FieldInfo* link = inline_key(*in.of, model_);
    auto row = read(t, model, input);
    if (!row) return 0;  // deleted by another: nothing is left to edit
    const Value parent = model_.partition->get(parent_.get());
    if (!row->is_new && link->get(row->row.get()) != parent) return 0;  // it is another's by now
    if (input.remove) {
      const auto key = key_of(model, static_cast<const void*>(row->row.get()));
      add_entry(model, key, row_text(model, row->row.get()), "delete",
                changes_of_deletion(model, row->before.view()));
      demand_unwritten(model, key, input);
      t.remove(model, row->row.get());
      written_.push_back({&model, key_text(model, key), &input});
      keep(*row);
      return -1;
    }
    link->set(row->row.get(), parent);
    apply(model, *row, input, !row->is_new);
    check(model, *row, input);
    if (out_.ok()) save(t, model, *row, input);
    keep(*row);
    return row->is_new ? 1 : 0;
  }

  // A row may stand in two inlines, or be its own parent: a transaction writes it once.
  void demand_unwritten(const ModelInfo& model, const dynamodb::Item& key, const RowInput& input) {
    const auto is_it = [&, text = key_text(model, key)](const Written& w) {
      return w.model == &model && w.key == text;
    };
    if (std::none_of(written_.begin(), written_.end(), is_it)) return;
    out_.errors[input.prefix].emplace_back(
        "This row is changed at another place of this form, too: change it at one of them.");
    throw Refused();
  }

  // Row objects live until the transaction is made.
  void keep(const Row& row) { kept_.push_back(row.row); }

  std::optional<Row> read(Transaction& t, const ModelInfo& model, const RowInput& input) const {
    Row row;
    if (!input.key) {
      row.row = model.row.make();
      row.is_new = true;
      return row;
    }
    const auto packed = t.read(model, *input.key);
    if (!packed) return std::nullopt;
    row.before = *packed;
    row.row = row_of(model, packed->bytes());
    return row;
  }

  void apply(const ModelInfo& model, Row& row, const RowInput& input, bool merge) {
    for (const FieldInput& in : input.fields) {
      const bool chosen = &model == &model_ && admin_.choices_of(*in.field);
      std::string mine = unix_lines(in.mine);
      if (!chosen && mine != unix_lines(in.base)) mine = typed_text(*in.field, mine);
      if (merge) {
        const std::string base = unix_lines(in.base);
        if (is_same_input(*in.field, mine, base)) continue;
        const std::string theirs = input_text(*in.field, in.field->get(row.row.get()));
        if (is_same_input(*in.field, mine, theirs)) continue;
        if (theirs != base) {
          out_.conflicts.push_back({in.name, in.field, base, theirs, mine});
          continue;
        }
      }
      try {
        if (&model == &model_) demand_choices(admin_, in, mine, merge ? unix_lines(in.base) : "");
        in.field->set(row.row.get(), value_from_input(*in.field, mine));
        row.touched = true;
      } catch (const BadValue& e) {
        out_.errors[in.name].emplace_back(e.what());
      }
    }
  }

  // Only what the sender could change is complained about beside what save() demands.
  void check(const ModelInfo& model, const Row& row, const RowInput& input) {
    try {
      validate_row(model, row.row.get(), Strictness::full);
    } catch (const ValidationError& e) {
      take(e, input);
    }
  }

  void take(const ValidationError& e, const RowInput& input) {
    for (const auto& [field, messages] : e.errors()) {
      const bool shown =
          std::any_of(input.fields.begin(), input.fields.end(),
                      [&f = field](const FieldInput& in) { return in.field->attribute == f; });
      const std::string name = shown ? input.prefix + field : input.prefix;
      auto& list = out_.errors[name];
      if (shown && !list.empty()) continue;  // its text could not be read: said already
      for (const std::string& m : messages)
        list.push_back(shown || field == ValidationError::kNonField ? m : field + ": " + m);
    }
  }

  // Of the row that cannot be as another is: its values stand in the form, or are its own fault.
  void take(const dynamo_backend::IntegrityError& e) {
    const auto [model, input] = refused_row(e);
    const auto& fields = e.fields();
    const bool is_key =
        fields == std::vector<std::string>{std::string(model->partition->attribute)};
    const std::string message = is_key               ? "There is a row of this key already."
                                : fields.size() == 1 ? "Another row has this value already."
                                                     : "Another row has these values together "
                                                       "already.";
    std::string hidden;
    bool shown = false;
    for (const std::string& name : fields) {
      const bool is_input =
          std::any_of(input->fields.begin(), input->fields.end(),
                      [&](const FieldInput& in) { return in.field->attribute == name; });
      if (is_input) out_.errors[input->prefix + name].push_back(message);
      shown = shown || is_input;
      hidden += (hidden.empty() ? "" : ", ") + name;
    }
    if (!shown) out_.errors[input->prefix].push_back(is_key ? message : hidden + ": " + message);
  }

  // The first of the written rows that the transaction names and that has these fields.
  std::pair<const ModelInfo*, const RowInput*> refused_row(
      const dynamo_backend::IntegrityError& e) const {
    const auto has_all = [&](const ModelInfo& model) {
      return std::all_of(e.fields().begin(), e.fields().end(),
                         [&](const std::string& name) { return model.find(name); });
    };
    if (const auto* failed = dynamic_cast<const dynamo_backend::TransactionError*>(&e)) {
      for (const auto& action : failed->failures())
        for (const Written& w : written_)
          if (w.model->name == action.model && w.key == action.key && has_all(*w.model))
            return {w.model, w.input};
    }
    return {&model_, &input_.row};
  }

  void save(Transaction& t, const ModelInfo& model, Row& row, const RowInput& input) {
    if (!out_.ok()) throw Refused();
    const auto key_now = [&] { return key_of(model, static_cast<const void*>(row.row.get())); };
    const auto note = [&] { written_.push_back({&model, key_text(model, key_now()), &input}); };
    if (row.is_new) {
      t.create(model, row.row.get());
      note();
      const auto after = pack_row(model, row.row.get());
      add_entry(model, key_now(), row_text(model, row.row.get()), "add",
                compare_rows(model, {}, after.view()));
      return;
    }
    if (!row.touched) return;
    const auto unsaved = pack_row(model, row.row.get());
    if (compare_rows(model, stored_of(model, row.row.get()), unsaved.view()).empty()) return;
    demand_unwritten(model, key_now(), input);
    auto changes = save_changes(t, model, row.row.get());
    note();
    if (changes.empty()) return;
    add_entry(model, key_now(), row_text(model, row.row.get()), "change", std::move(changes));
  }

  void add_entry(const ModelInfo& model, const dynamodb::Item& key, std::string text,
                 std::string verb, std::vector<FieldChange> changes) {
    if (&model == &model_) add_links(changes);
    entries_.push_back(make_entry(actor_, model, key, std::move(text), std::move(verb), changes));
  }

  // ---- many-to-manys: links are rows of their own
  static std::set<Uuid> set_of(const std::vector<Uuid>& keys) { return {keys.begin(), keys.end()}; }
  bool links_differ() const {
    return std::any_of(input_.links.begin(), input_.links.end(),
                       [](const LinksInput& l) { return set_of(l.base) != set_of(l.mine); });
  }
  void add_links(std::vector<FieldChange>& changes) const {
    for (const LinksInput& l : input_.links) {
      if (set_of(l.base) == set_of(l.mine)) continue;
      changes.push_back({std::string(l.field->attribute), texts_of(l.base), texts_of(l.mine)});
    }
  }
  bool is_logged() const {
    const std::string object = object_of(model_, out_.key);
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const LogEntry& e) { return e.object == object; });
  }
  Uuid owner() const { return owner_of(model_, parent_.get()); }
  // Links that others made or took away meanwhile stay so.
  void write_links(Transaction& t) const {
    const auto without = [](const std::vector<Uuid>& keys, const std::vector<Uuid>& others) {
      const auto left_out = set_of(others);
      std::vector<Uuid> rest;
      for (const Uuid& key : keys)
        if (left_out.count(key) == 0) rest.push_back(key);
      return rest;
    };
    for (const LinksInput& l : input_.links) {
      if (set_of(l.base) == set_of(l.mine)) continue;
      const ManyBase::Binding many{owner(), &model_, l.field};
      t.link(many, without(l.mine, l.base));
      t.unlink(many, without(l.base, l.mine));
    }
  }
  void set_links() const {
    for (const LinksInput& l : input_.links) {
      const auto before = set_of(l.base), wanted = set_of(l.mine);
      if (before == wanted) continue;
      std::vector<Uuid> result;
      for (const Uuid& key : linked_keys(model_, *l.field, owner()))
        if (before.count(key) == 0 || wanted.count(key) > 0) result.push_back(key);
      for (const Uuid& key : wanted)
        if (before.count(key) == 0) result.push_back(key);
      set_linked_keys(model_, *l.field, owner(), result);
    }
  }

  const ModelAdmin& admin_;
  const ModelInfo& model_;
  const EditInput& input_;
  const Actor& actor_;
  Edited out_{};
  std::map<std::string, std::vector<std::string>> mistakes_{};  // by name of input
  std::vector<LogEntry> entries_{};
  struct Written {
    const ModelInfo* model;
    std::string key;
    const RowInput* input;
  };
  std::vector<Written> written_{};  // by the transaction
  bool links_apart_ = false;        // they are too many for the transaction
  std::shared_ptr<void> parent_{};
  std::vector<std::shared_ptr<void>> kept_{};
};

}  // namespace

Edited save_edit(const ModelAdmin& admin, const EditInput& input, const Actor& actor) {
  return Editor(admin, input, actor).run();
}

}  // namespace admin
