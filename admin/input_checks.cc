#include "admin/input_checks.h"

#include <set>

#include "admin/values.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

using base::Uuid;

// Keys of rows that have to be there.
class NamedKeys {
 public:
  // `input`: the name of the input that has it.
  void add(const ModelInfo& model, std::string key, std::string input) {
    named_[&model].emplace_back(std::move(key), std::move(input));
  }
  // The inputs that name rows which are not there, with these keys; a batch for each model.
  std::vector<std::pair<std::string, std::string>> missing() const {
    std::vector<std::pair<std::string, std::string>> found;
    const auto& connection = dynamo_backend::Connection::current();
    for (const auto& [model, keys] : named_) {
      const std::string attribute(model->partition->attribute);
      std::set<std::string> asked, stored;
      for (const auto& [key, input] : keys) asked.insert(key);
      std::vector<dynamodb::Item> items;
      for (const std::string& key : asked) items.push_back({{attribute, key}});
      const auto read = dynamo_backend::batch_get(connection, connection.table(model->table),
                                                  std::move(items), {attribute});
      for (const auto& page : read.pages)
        for (std::size_t i = 0; i < page.size(); ++i)
          stored.insert(std::string(page[i].find(attribute)->text()));
      for (const auto& [key, input] : keys)
        if (stored.count(key) == 0) found.emplace_back(input, key);
    }
    return found;
  }

 private:
  std::map<const ModelInfo*, std::vector<std::pair<std::string, std::string>>> named_{};
};

}  // namespace

static std::string rows_text(const InlineInput& in, std::size_t count) {
  const std::string words = words_of(*in.of->model);
  return std::to_string(count) + " " + (count == 1 ? words : plural(words));
}

std::map<std::string, std::vector<std::string>> mistakes_of(const EditInput& input) {
  std::map<std::string, std::vector<std::string>> wrong;
  NamedKeys named;
  const auto add = [&](const RowInput& row) {
    for (const FieldInput& in : row.fields) {
      if (!is_relation(in.field->kind) || row.remove) continue;
      const std::string mine = unix_lines(in.mine);
      if (mine.empty() || (row.key && mine == unix_lines(in.base))) continue;
      if (const auto key = Uuid::parse(mine)) named.add(in.field->target(), key->str(), in.name);
    }
  };
  add(input.row);
  for (const InlineInput& in : input.inlines) {
    for (const RowInput& row : in.rows) add(row);
    if (in.too_many)
      wrong[""].push_back("Too many lines were sent: there can be at most " +
                          rows_text(in, in.of->options.max_rows) + ".");
  }
  for (const LinksInput& l : input.links) {
    const std::set<Uuid> before(l.base.begin(), l.base.end());
    const std::string name(l.field->attribute);
    for (const Uuid& key : l.mine)
      if (before.count(key) == 0) named.add(l.field->target(), key.str(), name);
    for (const std::string& text : l.wrong) wrong[name].push_back("'" + text + "' is no key.");
  }
  for (const auto& [name, key] : named.missing())
    wrong[name].push_back("There is no row of the key " + key + ".");
  return wrong;
}

void demand_choices(const ModelAdmin& admin, const FieldInput& in, const std::string& mine,
                    const std::string& base) {
  const Choices* choices = admin.choices_of(*in.field);
  if (!choices || mine.empty()) return;
  const bool several = ModelAdmin::is_several(*in.field);
  const auto chosen = [&](const std::string& text) {
    return several ? values_of(text) : std::vector{text};
  };
  const auto before = chosen(base);
  std::set<std::string> known(before.begin(), before.end());
  for (const auto& [value, label] : (*choices)()) known.insert(value);
  for (const std::string& value : chosen(mine))
    if (known.count(value) == 0)
      throw dynamo_backend::BadValue("'" + value + "' is not one of the choices.");
}

std::string wrong_count(const InlineInput& in, const ModelInfo& parent_model, const void* parent,
                        int more, bool parent_is_new) {
  const ModelInfo& model = *in.of->model;
  const InlineOptions& options = in.of->options;
  if (more == 0 && !parent_is_new) return "";
  std::size_t stored = 0;
  if (!parent_is_new) {
    const FieldInfo* link = inline_key(*in.of, parent_model);
    dynamo_backend::Query query =
        dynamo_backend::all_rows(model)
            .filtered(make_leaf(dynamo_backend::Op::eq, {link->member},
                                parent_model.partition->get(parent)))
            .sliced(0, options.max_rows + options.min_rows + in.rows.size() + 1);
    query.scan_reason = "rows of an inline";
    stored = fetch_rows(query).size();
  }
  const auto left = static_cast<std::int64_t>(stored) + more;
  if (more > 0 && left > static_cast<std::int64_t>(options.max_rows))
    return "There can be at most " + rows_text(in, options.max_rows) + ".";
  if ((more < 0 || (parent_is_new && in.may_add)) &&
      left < static_cast<std::int64_t>(options.min_rows))
    return "There have to be at least " + rows_text(in, options.min_rows) + ".";
  return "";
}

}  // namespace admin
