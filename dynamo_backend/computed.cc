#include "dynamo_backend/computed.h"

#include <algorithm>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/row_actions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"

namespace dynamo_backend {
namespace {

using ShapeType = Shape::Type;

// Values to try a member with.
std::vector<Value> samples(const FieldInfo& field) {
  std::vector<Value> out;
  const Shape& shape = field.shape();
  switch (shape.type) {
    case ShapeType::text:
      out = {"", "a", "sample text 42"};
      break;
    case ShapeType::epoch:
      out = {0, 1'577'836'800, 4'102'444'800};
      break;
    case ShapeType::integer:
      out = {0, 1, -1, 100, 1'000'000};
      break;
    case ShapeType::real:
    case ShapeType::decimal:
      out = {0, 1, -1, 1'000'000};
      break;
    case ShapeType::boolean:
      out = {false, true};
      break;
    case ShapeType::datetime:
      out = {"1970-01-01T00:00:00.000000+00:00", "2020-01-01T00:00:00.000000+00:00",
             "2100-01-01T00:00:00.000000+00:00"};
      break;
    case ShapeType::uuid:
      out = {Uuid().str(), Uuid::from_bits(1, 2).str(), Uuid::from_bits(3, 4).str()};
      break;
    case ShapeType::binary:
      out = {Binary{}, Binary{"a"}};
      break;
    case ShapeType::json:
      out = {dynamodb::Map{}, dynamodb::Map{{"a", 1}}};
      break;
    case ShapeType::list:
      out = {dynamodb::List{}};
      if (shape.element->type == ShapeType::text) out.push_back(dynamodb::List{"a"});
      break;
    case ShapeType::set:
      if (shape.stored() == dynamodb::Type::SS && shape.element->type == ShapeType::text)
        out = {dynamodb::StringSet{{"a"}}};
      if (shape.stored() == dynamodb::Type::NS) out = {dynamodb::NumberSet{{1}}};
      break;
    case ShapeType::none:
      break;
  }
  if (field.type->absent) out.emplace_back();
  return out;
}

bool try_set(const FieldInfo& field, void* row, const Value& value) {
  try {
    field.set(row, value);
    return true;
  } catch (const BadValue&) {
    return false;  // -1 of an unsigned member
  }
}

class ReadFinder {
 public:
  ReadFinder(const ModelInfo& model, const FieldInfo& computed) : computed_(computed) {
    for (const FieldInfo& f : model.fields) {
      if (!f.at || !f.stored() || f.key) continue;
      fields_.push_back(&f);
      if (f.kind == Kind::boolean && flags_.size() < kMostFlags) flags_.push_back(&f);
    }
    found_.resize(fields_.size());
    row_ = model.row.make();
  }

  // Base rows: every combination of the flags, on rows of defaults and on filled ones.
  std::vector<const FieldInfo*> find() {
    for (const bool filled : {false, true}) {
      if (filled) fill();
      for (unsigned bits = 0; bits < 1u << flags_.size(); ++bits) {
        for (std::size_t i = 0; i < flags_.size(); ++i)
          flags_[i]->set(row_.get(), Value((bits >> i & 1) != 0));
        vary();
      }
    }
    std::vector<const FieldInfo*> reads;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (found_[i]) reads.push_back(fields_[i]);
    }
    return reads;
  }
  const std::vector<const FieldInfo*>& fields() const { return fields_; }

 private:
  static constexpr std::size_t kMostFlags = 6;

  void fill() {
    for (const FieldInfo* f : fields_) {
      const auto values = samples(*f);
      if (values.size() > 1) try_set(*f, row_.get(), values[1]);
    }
  }
  void vary() {
    const Value before = computed_.get(row_.get());
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (found_[i]) continue;
      const Value kept = fields_[i]->get(row_.get());
      for (const Value& v : samples(*fields_[i])) {
        if (try_set(*fields_[i], row_.get(), v) && computed_.get(row_.get()) != before)
          found_[i] = true;
      }
      fields_[i]->set(row_.get(), kept);
    }
  }

  const FieldInfo& computed_;
  std::vector<const FieldInfo*> fields_{}, flags_{};
  std::vector<bool> found_{};
  std::shared_ptr<void> row_{};
};

}  // namespace

std::vector<const FieldInfo*> find_reads(const ModelInfo& model, const FieldInfo& computed) {
  ReadFinder finder(model, computed);
  try {
    return finder.find();
  } catch (const std::exception&) {
    return finder.fields();  // it cannot be tried: it may read anything
  }
}

std::vector<const FieldInfo*> computed_guards(const ModelInfo& model,
                                              const std::vector<const FieldInfo*>& changed) {
  std::vector<const FieldInfo*> guards;
  for (const ComputedInfo& c : model.computed) {
    const bool touched = std::any_of(changed.begin(), changed.end(), [&](const FieldInfo* f) {
      return std::find(c.reads.begin(), c.reads.end(), f) != c.reads.end();
    });
    if (!touched) continue;
    for (const FieldInfo* f : c.reads) {
      if (std::find(guards.begin(), guards.end(), f) == guards.end()) guards.push_back(f);
    }
  }
  return guards;
}

dynamodb::Item computed_values(const ModelInfo& model, std::string_view packed) {
  dynamodb::Item values;
  if (model.computed.empty()) return values;
  const std::shared_ptr<void> row = model.row.make();
  load_row(model, row.get(), packed);
  for (const ComputedInfo& c : model.computed)
    values.emplace(c.field->attribute, c.field->get(row.get()));
  return values;
}

void verify_computed(const Connection& connection, const ModelInfo& model,
                     const dynamodb::PackedItem& after) {
  const bool guessed = std::any_of(model.computed.begin(), model.computed.end(),
                                   [](const ComputedInfo& c) { return !c.declared; });
  if (!guessed) return;
  dynamodb::PackedItem item = after;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    dynamodb::UpdateItemRequest request;
    const auto view = item.view();
    for (const auto& [attribute, value] : computed_values(model, item.bytes())) {
      const auto stored = view.find(attribute);
      if ((stored ? dynamodb::unpack(*stored) : Value()) == value) continue;
      if (value.is<dynamodb::Null>())
        request.update.remove.emplace_back(attribute);
      else
        request.update.set.push_back({attribute, {value}});
    }
    if (request.update.empty()) return;
    raise_search_version(model, connection.now(), request.update);
    request.table = connection.table(model.table);
    const dynamodb::Item key = key_of(model, view);
    request.key = key;
    request.return_old_on_condition_failure = true;
    for (const FieldInfo* f :
         model.by_attribute) {  // the row is as it was when the function saw it
      const auto stored = view.find(f->attribute);
      request.condition =
          request.condition &&
          (stored ? dynamodb::equal(dynamodb::Path(f->attribute), dynamodb::unpack(*stored))
                  : dynamodb::attribute_not_exists(dynamodb::Path(f->attribute)));
    }
    const auto result =
        write_one(connection, [&] { return connection.client().update_item(request); });
    if (result) return;
    if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(result.error(), "UpdateItem");
    auto now = stored_after_failure(connection, model, key, result.error().item);
    if (!now) return;  // the row is gone
    item = *std::move(now);
    connection.back_off(attempt);
  }
  throw ConflictError(model.name +
                      ": too many writers compete for the row; its computed index may be behind "
                      "until the next save().");
}

}  // namespace dynamo_backend
