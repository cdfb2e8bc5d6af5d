#include "dynamo_backend/request_scope.h"

#include <algorithm>

#include "base/log.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/request_scope_impl.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {

thread_local RequestScope* RequestScope::Impl::current = nullptr;
thread_local int RequestScope::Impl::quiet = 0;
thread_local int RequestScope::Impl::fresh = 0;

// ---- rows

const dynamodb::PackedItem* ScopedRows::find(const std::string& table,
                                             const dynamodb::Item& key) const {
  const auto t = tables_.find(table);
  if (t == tables_.end()) return nullptr;
  const auto row = t->second.rows.find(dynamodb::PackedItem(key).bytes());
  return row == t->second.rows.end() ? nullptr : &row->second;
}

void ScopedRows::keep(const std::string& table, const dynamodb::Item& key,
                      dynamodb::PackedItem item) {
  if (full()) return;
  bytes_ += item.bytes().size();  // of all that were ever kept: the bound of one request
  Table& t = tables_[table];
  if (t.names.empty()) {
    for (const auto& [name, value] : key) t.names.push_back(name);
  }
  if (t.rows.insert_or_assign(dynamodb::PackedItem(key).bytes(), std::move(item)).second) ++count_;
}

void ScopedRows::forget(const std::string& table, const dynamodb::Item& key) {
  if (const auto t = tables_.find(table); t != tables_.end())
    count_ -= t->second.rows.erase(dynamodb::PackedItem(key).bytes());
}

void ScopedRows::forget_put(const std::string& table, const dynamodb::Item& item) {
  const auto t = tables_.find(table);
  if (t == tables_.end()) return;
  dynamodb::Item key;
  for (const std::string& name : t->second.names) {
    if (const auto value = item.find(name); value != item.end()) key.emplace(name, value->second);
  }
  forget(table, key);
}

// ---- the scope

RequestScope::RequestScope(RequestScopeOptions options)
    : impl_(std::make_unique<Impl>(options)), outer_(std::exchange(Impl::current, this)) {}

RequestScope::~RequestScope() {
  Impl::current = outer_;
  if (!impl_->options.log_warnings) return;
  for (const std::string& warning : warnings()) base::log_warning(warning);
}

RequestScope* RequestScope::current() { return Impl::current; }
const std::vector<RequestScope::Call>& RequestScope::calls() const { return impl_->calls; }
std::size_t RequestScope::coalesced() const { return impl_->coalesced; }

std::vector<std::string> RequestScope::warnings() const {
  std::vector<std::string> out;
  for (const auto& [form, suspect] : impl_->suspects) {
    if (suspect.count >= impl_->options.threshold)
      out.push_back(describe_suspect(suspect, impl_->seen));
  }
  return out;
}

RequestScope::Quiet::Quiet() { ++Impl::quiet; }
RequestScope::Quiet::~Quiet() { --Impl::quiet; }
RequestScope::Fresh::Fresh() { ++Impl::fresh; }
RequestScope::Fresh::~Fresh() { --Impl::fresh; }

void RequestScope::Impl::count(const char* operation, const std::string& table,
                               const std::string& index, std::chrono::nanoseconds time) {
  auto call = std::find_if(calls.begin(), calls.end(), [&](const Call& c) {
    return c.operation == operation && c.table == table && c.index == index;
  });
  if (call == calls.end()) call = calls.insert(call, Call{operation, table, index});
  ++call->count;
  call->time += time;
}

void forget_rows(const std::string& table, std::span<const dynamodb::Item> keys) {
  for (RequestScope* scope = RequestScope::current(); scope; scope = scope->outer()) {
    for (const dynamodb::Item& key : keys) scope->impl().rows.forget(table, key);
  }
}

// ---- foreign keys of results

// Rows behind them are read together, once one of them is asked for.
static void note_references(RequestScope::Impl& impl, const ModelInfo& model,
                            std::span<const dynamodb::ItemView> rows) {
  impl.seen.insert(&model);
  constexpr std::size_t kMostKeys = 20'000;  // of a scope: further ones come one by one
  if (rows.size() < 2 || impl.references.by_key.size() > kMostKeys) return;
  const Connection& connection = Connection::current();
  for (const FieldInfo& f : model.fields) {
    if (!is_relation(f.kind)) continue;
    const std::string prefix = connection.table(f.target().table) + '\0';
    auto group = std::make_shared<ScopedReferences::Group>();
    std::set<std::string_view> keys;
    for (const dynamodb::ItemView row : rows) {
      const auto value = stored_value(f, row);
      if (value && value->type() == dynamodb::Type::S) keys.insert(value->text());
    }
    if (keys.size() < 2) continue;
    for (std::string_view key : keys) {
      group->keys.emplace_back(key);
      impl.references.by_key[prefix + group->keys.back()] = group;
    }
  }
}

void note_references(const ModelInfo& model, std::span<void* const> rows) {
  RequestScope* const scope = RequestScope::current();
  if (!scope || rows.empty()) return;
  std::vector<dynamodb::ItemView> stored;
  for (void* row : rows) stored.push_back(model.row.state(row).stored());
  note_references(scope->impl(), model, stored);
}

namespace {

// Whether the values differ is all that is asked of them.
void note_value(Suspect& suspect, const std::string& value) {
  if (suspect.values.size() < 2) suspect.values.insert(std::hash<std::string>()(value));
}

// Reads the group's rows into the scope.
void read_group(RequestScope::Impl& impl, const ModelInfo& model, const std::string& table,
                ScopedReferences::Group& group) {
  group.read = true;
  std::vector<dynamodb::Item> keys;
  for (const std::string& key : group.keys) {
    dynamodb::Item item{{std::string(model.partition->attribute), key}};
    if (!impl.rows.find(table, item)) keys.push_back(std::move(item));
  }
  if (keys.size() < 2) return;
  const auto read = batch_get(Connection::current(), table, std::move(keys));
  std::vector<dynamodb::ItemView> rows;
  for (const auto& page : read.pages) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      rows.push_back(page[i]);
      impl.rows.keep(table, key_of(model, page[i]),
                     dynamodb::PackedItem(std::string(page.packed(i))));
    }
  }
  note_references(impl, model, rows);
}

}  // namespace

void note_look_up(const ModelInfo& model, const std::string& table, const dynamodb::Item& key) {
  RequestScope* const scope = RequestScope::current();
  if (!scope || RequestScope::Impl::fresh > 0) return;
  RequestScope::Impl& impl = scope->impl();
  if (impl.rows.find(table, key)) return;
  const std::string text = key_text(model, key);
  if (const auto at = impl.references.by_key.find(table + '\0' + text);
      at != impl.references.by_key.end() && !at->second->read && !impl.rows.full()) {
    read_group(impl, model, table, *at->second);
    if (impl.rows.find(table, key)) return;
  }
  if (RequestScope::Impl::quiet > 0) return;
  Suspect& suspect = impl.suspects["key " + model.table];
  ++suspect.count;
  suspect.model = &model;
  suspect.by_key = true;
  note_value(suspect, text);
}

// ---- forms of queries

namespace {

// The condition without its values, and the values apart.
void add_form(const NodePtr& node, std::string& form, std::string& values) {
  if (!node) return;
  form += '(' + std::to_string(static_cast<int>(node->op));
  for (std::string_view step : node->path) form.append(1, '.').append(step);
  for (const auto& step : node->steps) {
    const auto* name = std::get_if<std::string>(&step);
    form += '[' + (name ? *name : std::to_string(std::get<std::uint32_t>(step))) + ']';
  }
  for (const Value& v : node->values) values += dynamodb::pack_value(v);
  add_form(node->left, form, values);
  add_form(node->right, form, values);
  if (node->subquery) {
    form += node->subquery->model->table;
    add_form(node->subquery->where, form, values);
  }
  form += ')';
}

// The foreign key, or the key, that the condition gives a value.
const FieldInfo* given_key(const ModelInfo& model, const NodePtr& node) {
  if (!node) return nullptr;
  if (node->op == Op::and_) {
    const FieldInfo* left = given_key(model, node->left);
    return left ? left : given_key(model, node->right);
  }
  if (node->op != Op::eq || node->path.size() != 1) return nullptr;
  const FieldInfo* f = model.find_member(node->path[0]);
  return f && (is_relation(f->kind) || f == model.partition) ? f : nullptr;
}

}  // namespace

void note_query(const Query& query) {
  RequestScope* const scope = RequestScope::current();
  if (!scope || RequestScope::Impl::quiet > 0 || !query.where) return;
  std::string form = query.model->table, values;
  add_form(query.where, form, values);
  Suspect& suspect = scope->impl().suspects[form];
  ++suspect.count;
  note_value(suspect, values);
  if (suspect.model) return;
  suspect.model = query.model;
  suspect.origin = query.origin;
  suspect.foreign_key = given_key(*query.model, query.where);
  suspect.by_key = suspect.foreign_key == query.model->partition && suspect.foreign_key;
  suspect.filtered = query.where->op == Op::and_;
}

}  // namespace dynamo_backend
