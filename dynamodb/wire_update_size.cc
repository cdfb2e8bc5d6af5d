// What an UpdateExpression counts against the limit of an item's size.
#include "dynamodb/wire_expressions.h"

namespace dynamodb::wire {
namespace {

std::size_t size_of(const AttributeValue& value) {
  const std::string packed = pack_value(value);
  return value_size(ValueView(packed));
}

// A name's bytes, or an index's digits.
std::size_t size_of(const Path::Step& step) {
  if (const auto* name = std::get_if<std::string>(&step)) return name->size();
  return std::to_string(std::get<std::uint32_t>(step)).size();
}

std::size_t target_size(const Path& path) {
  constexpr std::size_t kStep = 4;
  std::size_t size = path.top().size();
  for (std::size_t i = 1; i < path.steps().size(); ++i) size += kStep + size_of(path.steps()[i]);
  return size;
}

// What a path reads is free.
std::size_t operand_size(const Path& path) {
  constexpr std::size_t kPath = 1, kStep = 14;
  std::size_t size = kPath;
  for (const Path::Step& step : path.steps()) size += kStep + size_of(step);
  return size;
}

std::size_t operand_size(const SetOperand& operand) {
  constexpr std::size_t kIfNotExists = 39, kListAppend = 37, kPlus = 34, kMinus = 37;
  if (const auto* path = std::get_if<Path>(&operand.value)) return operand_size(*path);
  if (const auto* f = std::get_if<IfNotExists>(&operand.value))
    return kIfNotExists + operand_size(f->path) + operand_size(*f->otherwise);
  if (const auto* f = std::get_if<ListAppend>(&operand.value))
    return kListAppend + operand_size(*f->first) + operand_size(*f->second);
  if (const auto* f = std::get_if<Arithmetic>(&operand.value)) {
    return (f->subtract ? kMinus : kPlus) + operand_size(*f->left) + operand_size(*f->right);
  }
  return size_of(std::get<AttributeValue>(operand.value));
}

}  // namespace

std::size_t size_of_update(const UpdateExpression& update) {
  constexpr std::size_t kUpdate = 3, kWritten = 19, kTaken = 1;
  std::size_t size = kUpdate;
  for (const auto& action : update.set)
    size += kWritten + target_size(action.path) + operand_size(action.value);
  for (const auto& action : update.add)
    size += kWritten + target_size(action.path) + size_of(action.value);
  for (const Path& path : update.remove) size += kTaken + target_size(path);
  for (const auto& action : update.del) size += kTaken + target_size(action.path);
  return size;
}

}  // namespace dynamodb::wire
