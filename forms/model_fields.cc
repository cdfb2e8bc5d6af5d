#include "forms/model_fields.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/rows.h"
#include "dynamodb/limits.h"

namespace forms {

namespace db = dynamo_backend;
using db::FieldInfo;
using db::Kind;
using db::ModelInfo;
using db::Shape;

namespace {

// A model's text without a limit has its item's; of a form by hand it is less.
constexpr std::size_t kMostText = dynamodb::kMaxItemSize;

Type type_of(const FieldInfo& field) {
  switch (field.kind) {
    case Kind::slug:
      return Type::slug;
    case Kind::email:
      return Type::email;
    case Kind::url:
      return Type::url;
    case Kind::integer:
    case Kind::version:
      return Type::integer;
    case Kind::real:
      return Type::real;
    case Kind::decimal:
      return Type::decimal;
    case Kind::boolean:
      return Type::boolean;
    case Kind::datetime:
    case Kind::ttl:
      return Type::datetime;
    case Kind::uuid:
    case Kind::foreign_key:
    case Kind::one_to_one:
      return Type::uuid;
    case Kind::list:
    case Kind::set:
      return field.shape().element->type == Shape::Type::text ? Type::lines : Type::json;
    case Kind::json:
      return Type::json;
    case Kind::many_to_many:
      return Type::several;
    default:
      return Type::text;
  }
}

bool is_required(const FieldInfo& field) {
  if (field.nullable()) return false;
  switch (field.kind) {
    case Kind::boolean:
    case Kind::json:
    case Kind::list:
    case Kind::set:
    case Kind::uuid:  // made where it is left empty
    case Kind::many_to_many:
      return false;
    default:
      return !field.blank;
  }
}

// "author_pk" is the author.
std::string label_of(const FieldInfo& field) {
  std::string text = field.label();
  if (field.verbose_name.empty() && db::is_relation(field.kind) && text.ends_with(" pk"))
    text.resize(text.size() - 3);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

// The C++ defaults of times and keys stand for nothing entered.
bool is_no_value(const FieldInfo& field, const Value& value) {
  if (field.kind == Kind::datetime) return value == Value(base::to_iso(db::Timestamp{}));
  if (field.kind == Kind::ttl) return value == Value(0);
  return field.shape().type == Shape::Type::uuid && value == Value(db::Uuid().str());
}

Value initial_of(const FieldInfo& field, const void* row) {
  Value value = field.get(row);
  if (is_no_value(field, value)) return {};
  if (field.kind == Kind::ttl && !value.is<dynamodb::Null>())
    return db::to_json(field.shape(), value).get<std::string>();
  if (field.kind == Kind::binary) {
    const db::Json json = db::to_json(field.shape(), value);
    return json.is_string() ? Value(json.get<std::string>()) : Value();
  }
  return value;
}

// The rows of the join model that are the row's links.
db::Query links_of(const ModelInfo& model, const FieldInfo& many, const void* row) {
  const ModelInfo& join = *model.join_of(many);
  db::Query query;
  query.model = &join;
  query.where = db::make_leaf(db::Op::eq, {db::join_keys(model, many).owner->member},
                              model.partition->get(row));
  return query;
}

// A Many of our own, bound to the row: what is protected in its base is for those that derive.
struct Links : db::ManyBase {
  Links(const ModelInfo& model, const FieldInfo& many, const void* row) {
    bind({db::Uuid::parse(model.partition->get(row).as<std::string>()).value(), &model, &many,
          false});
  }
  using ManyBase::set_keys;
};

std::vector<std::string> key_list(const Value& keys) {
  std::vector<std::string> out;
  if (const auto* const list = keys.get_if<dynamodb::List>()) {
    for (const Value& key : *list) out.push_back(key.as<std::string>());
  }
  return out;
}

}  // namespace

bool is_editable(const FieldInfo& field, bool is_new) {
  if (!field.at || !field.editable || field.auto_now || field.auto_now_add) return false;
  if (field.kind == Kind::computed || field.kind == Kind::version || field.kind == Kind::binary)
    return false;
  return !field.key || is_new;
}

Field field_of(const FieldInfo& field, const void* row) {
  Field out{.name = std::string(field.attribute),
            .label = label_of(field),
            .help_text = std::string(field.help_text),
            .type = type_of(field),
            .required = is_required(field),
            .nullable = field.type && field.nullable(),
            .max_length = field.max_length};
  if (db::is_text(field.kind) && out.max_length == 0) out.max_length = kMostText;
  if (field.kind == Kind::text) out.widget = Widget::textarea;
  if (field.stored() && field.type) out.shape = &field.shape();
  if (out.type == Type::integer) {
    out.min = field.shape().low;
    out.max = field.shape().high;
  }
  if (out.type == Type::datetime && out.help_text.empty()) out.help_text = "In UTC.";
  if (row && field.stored()) out.initial = initial_of(field, row);
  return out;
}

std::string row_text(const ModelInfo& model, const void* row) {
  if (model.row.str) return model.row.str(row);
  for (const FieldInfo& field : model.fields) {
    if (!db::is_text(field.kind)) continue;
    const Value value = field.get(row);
    if (const auto* const text = value.get_if<std::string>(); text && !text->empty()) return *text;
  }
  return db::key_text(model, db::key_of(model, row));
}

std::vector<Choice> row_choices(const ModelInfo& model, std::size_t limit) {
  const db::RequestScope::Quiet quiet;
  db::Query query = db::all_rows(model).sliced(0, limit + 1);
  query.order.clear();  // which would read the whole table to find the first
  query.scan_reason = "the choices of a form";
  std::vector<Choice> choices;
  db::RowStream rows(query);
  while (const auto packed = rows.next()) {
    const std::shared_ptr<void> row = model.row.make();
    db::load_row(model, row.get(), *packed);
    choices.push_back(
        {model.partition->get(row.get()).as<std::string>(), row_text(model, row.get())});
  }
  std::sort(choices.begin(), choices.end(),
            [](const Choice& a, const Choice& b) { return a.label < b.label; });
  return choices;
}

Value linked_keys(const ModelInfo& model, const FieldInfo& many, const void* row) {
  const FieldInfo& target = *db::join_keys(model, many).target;
  std::set<std::string> keys;
  db::RowStream rows(links_of(model, many, row));
  while (const auto packed = rows.next()) {
    if (const auto value = dynamodb::ItemView(*packed).find(target.attribute))
      keys.emplace(value->text());
  }
  dynamodb::List list;
  for (const std::string& key : keys) list.emplace_back(key);
  return list;
}

void set_linked_keys(const ModelInfo& model, const FieldInfo& many, const void* row,
                     const Value& keys) {
  std::vector<db::Uuid> uuids;
  for (const std::string& key : key_list(keys)) uuids.push_back(db::Uuid::parse(key).value());
  Links(model, many, row).set_keys(uuids);
}

std::vector<std::string> missing_keys(const ModelInfo& model,
                                      const std::vector<std::string>& keys) {
  std::vector<Value> values;
  std::vector<std::string> missing;
  for (const std::string& key : keys) {
    if (db::Uuid::parse(key))
      values.emplace_back(key);
    else
      missing.push_back(key);
  }
  if (values.empty()) return missing;
  std::set<std::string> there;
  const db::Query query =
      db::all_rows(model).filtered(db::make_leaf(db::Op::in, {model.partition->member}, values));
  db::RowStream rows(query);
  while (const auto packed = rows.next()) {
    if (const auto value = dynamodb::ItemView(*packed).find(model.partition->attribute))
      there.emplace(value->text());
  }
  for (const Value& value : values) {
    if (!there.contains(value.as<std::string>())) missing.push_back(value.as<std::string>());
  }
  return missing;
}

}  // namespace forms
