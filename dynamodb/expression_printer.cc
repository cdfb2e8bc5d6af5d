#include "dynamodb/expression_printer.h"

namespace dynamodb {
namespace {

// How tightly an operator holds its operands: an operand that holds less tightly needs parentheses.
int precedence(ConditionOp op) {
  switch (op) {
    case ConditionOp::or_:
      return 1;
    case ConditionOp::and_:
      return 2;
    case ConditionOp::not_:
      return 3;
    default:
      return 4;
  }
}

std::string_view symbol(ConditionOp op) {
  switch (op) {
    case ConditionOp::equal:
      return " = ";
    case ConditionOp::not_equal:
      return " <> ";
    case ConditionOp::less:
      return " < ";
    case ConditionOp::less_equal:
      return " <= ";
    case ConditionOp::greater:
      return " > ";
    case ConditionOp::greater_equal:
      return " >= ";
    case ConditionOp::and_:
      return " AND ";
    case ConditionOp::or_:
      return " OR ";
    case ConditionOp::attribute_exists:
      return "attribute_exists(";
    case ConditionOp::attribute_not_exists:
      return "attribute_not_exists(";
    case ConditionOp::attribute_type:
      return "attribute_type(";
    case ConditionOp::begins_with:
      return "begins_with(";
    case ConditionOp::contains:
      return "contains(";
    case ConditionOp::between:
    case ConditionOp::in:
    case ConditionOp::not_:
      break;
  }
  return "";
}

// "item, item, …"
template <class Items, class Print>
std::string comma_list(const Items& items, Print print) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += print(item);
  }
  return text;
}

// Adds "KEYWORD item, item, …" to `text` where there are items.
template <class Items, class Print>
void add_clause(std::string& text, std::string_view keyword, const Items& items, Print print) {
  if (items.empty()) return;
  if (!text.empty()) text += ' ';
  text += keyword;
  text += comma_list(items, print);
}

}  // namespace

std::string ExpressionPrinter::name(const std::string& attribute) {
  const auto [at, is_new] = name_of_.emplace(attribute, "#n" + std::to_string(name_of_.size()));
  if (is_new) names_.emplace(at->second, attribute);
  return at->second;
}

std::string ExpressionPrinter::value(const AttributeValue& v) {
  std::string placeholder = ":v" + std::to_string(values_.size());
  values_.emplace(placeholder, v);
  return placeholder;
}

std::string ExpressionPrinter::path(const Path& p) {
  std::string text;
  for (const Path::Step& step : p.steps()) {
    if (const auto* attribute = std::get_if<std::string>(&step)) {
      if (!text.empty()) text += '.';
      text += name(*attribute);
    } else {
      text += '[' + std::to_string(std::get<std::uint32_t>(step)) + ']';
    }
  }
  return text;
}

std::string ExpressionPrinter::operand(const Operand& o) {
  if (const auto* p = std::get_if<Path>(&o)) return path(*p);
  if (const auto* size = std::get_if<SizeOf>(&o)) return "size(" + path(size->path) + ')';
  return value(std::get<AttributeValue>(o));
}

std::string ExpressionPrinter::condition(const Condition& c, int parent_precedence) {
  const ConditionNode& node = c.node();
  const auto print_operand = [this](const Operand& o) { return operand(o); };
  const int own = precedence(node.op);
  std::string text;
  switch (node.op) {
    case ConditionOp::and_:
    case ConditionOp::or_:
      for (const Condition& child : node.children) {
        if (!text.empty()) text += symbol(node.op);
        text += condition(child, own);
      }
      break;
    case ConditionOp::not_:
      text = "NOT " + condition(node.children.front(), own);
      break;
    case ConditionOp::between:
      text = operand(node.operands[0]);
      text += " BETWEEN " + operand(node.operands[1]);
      text += " AND " + operand(node.operands[2]);
      break;
    case ConditionOp::in:
      text = operand(node.operands[0]);
      text += " IN (" +
              comma_list(std::vector<Operand>(node.operands.begin() + 1, node.operands.end()),
                         print_operand) +
              ')';
      break;
    case ConditionOp::attribute_exists:
    case ConditionOp::attribute_not_exists:
    case ConditionOp::attribute_type:
    case ConditionOp::begins_with:
    case ConditionOp::contains:
      text = symbol(node.op);
      text += comma_list(node.operands, print_operand) + ')';
      break;
    default:
      text = operand(node.operands[0]);
      text += symbol(node.op);
      text += operand(node.operands[1]);
  }
  return own < parent_precedence ? '(' + text + ')' : text;
}

std::string ExpressionPrinter::set_operand(const SetOperand& o) {
  struct Printer {
    ExpressionPrinter& printer;
    std::string operator()(const Path& p) const { return printer.path(p); }
    std::string operator()(const AttributeValue& v) const { return printer.value(v); }
    std::string operator()(const IfNotExists& f) const {
      std::string text = "if_not_exists(" + printer.path(f.path);
      return text + ", " + printer.set_operand(*f.otherwise) + ')';
    }
    std::string operator()(const ListAppend& f) const {
      std::string text = "list_append(" + printer.set_operand(*f.first);
      return text + ", " + printer.set_operand(*f.second) + ')';
    }
    std::string operator()(const Arithmetic& f) const {
      std::string text = printer.set_operand(*f.left);
      text += f.subtract ? " - " : " + ";
      const bool nested = std::holds_alternative<Arithmetic>(f.right->value);
      return text +
             (nested ? '(' + printer.set_operand(*f.right) + ')' : printer.set_operand(*f.right));
    }
  };
  return std::visit(Printer{*this}, o.value);
}

std::string ExpressionPrinter::print(const Condition& c) {
  return c.empty() ? std::string() : condition(c, 0);
}

std::string ExpressionPrinter::print(const UpdateExpression& update) {
  const auto path_value = [this](const UpdateExpression::PathValue& action) {
    std::string text = path(action.path);
    return text + ' ' + value(action.value);
  };
  std::string text;
  add_clause(text, "SET ", update.set, [this](const UpdateExpression::Set& action) {
    std::string assignment = path(action.path);
    return assignment + " = " + set_operand(action.value);
  });
  add_clause(text, "REMOVE ", update.remove, [this](const Path& p) { return path(p); });
  add_clause(text, "ADD ", update.add, path_value);
  add_clause(text, "DELETE ", update.del, path_value);
  return text;
}

std::string ExpressionPrinter::print(const Projection& projection) {
  return comma_list(projection, [this](const Path& p) { return path(p); });
}

}  // namespace dynamodb
