// Statements as text, and random ones, for property tests.
#pragma once
#include <string>

#include "dynamodb/partiql/statement.h"
#include "dynamodb/test_random_values.h"

namespace dynamodb::partiql::testing {

// ---- printing: one text for each tree, every operation in parentheses

inline std::string in_quotes(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) result += c == quote ? std::string(2, quote) : std::string(1, c);
  return result + quote;
}

inline std::string print(const Expression& e);

inline std::string print_list(const std::vector<Expression>& args) {
  std::string text;
  for (const Expression& arg : args) text += (text.empty() ? "" : ", ") + print(arg);
  return text;
}

inline std::string print_path(const Expression& e) {
  std::string text;
  for (const Path::Step& step : e.steps) {
    if (const auto* index = std::get_if<std::uint32_t>(&step)) {
      text += '[' + std::to_string(*index) + ']';
    } else {
      text += (text.empty() ? "" : ".") + in_quotes(std::get<std::string>(step), '"');
    }
  }
  return text;
}

inline std::string print_operation(const Expression& e) {
  constexpr const char* kNames[] = {"=", "<>",   "<", "<=", ">", ">=", "AND", "OR", "",  "IN", "",
                                    "",  "LIKE", "+", "-",  "*", "/",  "%",   "||", "-", "+"};
  const std::string name = kNames[static_cast<std::size_t>(e.op)];
  switch (e.op) {
    case Operator::not_:
      return "NOT " + print(e.args[0]);
    case Operator::between:
      return print(e.args[0]) + " BETWEEN " + print(e.args[1]) + " AND " + print(e.args[2]);
    case Operator::is:
      return print(e.args[0]) + " IS " + e.text;
    case Operator::negate:
    case Operator::positive:
      return name + ' ' + print(e.args[0]);
    default: {
      std::string text = print(e.args[0]);
      for (std::size_t i = 1; i < e.args.size(); ++i) text += ' ' + name + ' ' + print(e.args[i]);
      return text;
    }
  }
}

inline std::string print(const Expression& e) {
  switch (e.kind) {
    case ExpressionKind::path:
      return print_path(e);
    case ExpressionKind::string:
      return in_quotes(e.text, '\'');
    case ExpressionKind::number:
    case ExpressionKind::boolean:
      return e.text;
    case ExpressionKind::null:
      return "NULL";
    case ExpressionKind::missing:
      return "MISSING";
    case ExpressionKind::ion:
      return '`' + e.text + '`';
    case ExpressionKind::parameter:
      return "?";
    case ExpressionKind::structure: {
      std::string text;
      for (std::size_t i = 0; i < e.args.size(); i += 2)
        text += (text.empty() ? "" : ", ") + print(e.args[i]) + ": " + print(e.args[i + 1]);
      return '{' + text + '}';
    }
    case ExpressionKind::list:
      return '[' + print_list(e.args) + ']';
    case ExpressionKind::bag:
      return "<<" + print_list(e.args) + ">>";
    case ExpressionKind::call:
      return e.text + '(' + print_list(e.args) + ')';
    case ExpressionKind::operation:
      return '(' + print_operation(e) + ')';
  }
  return "";
}

inline std::string print(const Source& source) {
  return in_quotes(source.table, '"') +
         (source.index.empty() ? "" : '.' + in_quotes(source.index, '"'));
}

inline std::string print_where(const std::optional<Expression>& where) {
  return where ? " WHERE " + print(*where) : "";
}

inline std::string print(const std::optional<Returning>& returning) {
  if (!returning) return "";
  return std::string(" RETURNING ") + (returning->modified ? "MODIFIED " : "ALL ") +
         (returning->old ? "OLD *" : "NEW *");
}

inline std::string print(const Select& select) {
  std::string text = "SELECT " + (select.columns.empty() ? "*" : print_list(select.columns)) +
                     " FROM " + print(select.from) + print_where(select.where);
  for (const OrderTerm& term : select.order_by) {
    text += (&term == &select.order_by.front() ? " ORDER BY " : ", ") +
            in_quotes(term.attribute, '"') + (term.descending ? " DESC" : " ASC");
  }
  return text;
}
inline std::string print(const Insert& insert) {
  return "INSERT INTO " + print(insert.into) + " VALUE " + print(insert.value);
}
inline std::string print(const Update& update) {
  std::string text = "UPDATE " + print(update.table);
  for (const auto& action : update.actions) {
    text += (action.value ? " SET " : " REMOVE ") + print(action.target) +
            (action.value ? " = " + print(*action.value) : "");
  }
  return text + print_where(update.where) + print(update.returning);
}
inline std::string print(const Delete& del) {
  return "DELETE FROM " + print(del.from) + print_where(del.where) + print(del.returning);
}
inline std::string print(const Exists& exists) { return "EXISTS(" + print(exists.select) + ')'; }
inline std::string print(const Statement& statement) {
  return std::visit([](const auto& body) { return print(body); }, statement.body);
}

// ---- random trees

class RandomStatements {
 public:
  explicit RandomStatements(std::uint64_t seed) : random_(seed) {}

  Statement statement() {
    Statement statement;
    parameters_ = 0;
    switch (random_.below(5)) {
      case 0:
        statement.body = select();
        break;
      case 1:
        statement.body = Insert{{"table", ""}, structure(3)};
        break;
      case 2:
        statement.body = update();
        break;
      case 3:
        statement.body = Delete{source(), where(), ReturningOld()};
        break;
      default:
        statement.body = Exists{select()};
    }
    statement.parameters = parameters_;
    return statement;
  }

  std::size_t below(std::size_t n) { return random_.below(n); }

 private:
  static std::optional<Returning> ReturningOld() {
    return Returning{.modified = false, .old = true};
  }

  Source source() { return {"table", random_.coin() ? "index" : ""}; }
  std::optional<Expression> where() {
    if (random_.coin()) return std::nullopt;
    return expression(4);
  }

  Select select() {
    Select select{.from = source(), .where = where()};
    for (std::size_t i = random_.below(4); i > 0; --i) select.columns.push_back(path());
    for (std::size_t i = random_.below(3); i > 0; --i)
      select.order_by.push_back({name(), random_.coin()});
    return select;
  }

  Update update() {
    Update update{.table = source()};
    for (std::size_t i = 1 + random_.below(3); i > 0; --i) {
      Update::Action action{.target = path()};
      if (random_.coin()) action.value = expression(3);
      update.actions.push_back(std::move(action));
    }
    update.where = where();
    if (random_.coin()) update.returning = Returning{random_.coin(), random_.coin()};
    return update;
  }

  // Not empty: an empty name is refused in a source only, but reads badly everywhere.
  std::string name() { return "n" + random_.text(); }

  Expression path() {
    Expression path{.kind = ExpressionKind::path};
    path.steps.emplace_back(name());
    for (std::size_t i = random_.below(3); i > 0; --i) {
      if (random_.coin()) {
        path.steps.emplace_back(static_cast<std::uint32_t>(random_.below(1000)));
      } else {
        path.steps.emplace_back(name());
      }
    }
    return path;
  }

  Expression of(ExpressionKind kind, std::string text = {}) {
    return {.kind = kind, .text = std::move(text)};
  }

  Expression leaf() {
    switch (random_.below(7)) {
      case 0:
        return of(ExpressionKind::string, random_.text());
      case 1:
        return of(ExpressionKind::number, random_.number().text());
      case 2:
        return of(ExpressionKind::boolean, random_.coin() ? "true" : "false");
      case 3:
        return of(ExpressionKind::null);
      case 4:
        return of(ExpressionKind::missing);
      case 5: {
        Expression parameter = of(ExpressionKind::parameter);
        parameter.parameter = parameters_++;
        return parameter;
      }
      default:
        return path();
    }
  }

  Expression with_args(Expression e, std::size_t count, std::size_t depth) {
    for (; count > 0; --count) e.args.push_back(expression(depth - 1));
    return e;
  }

  Expression structure(std::size_t depth) {
    Expression e = of(ExpressionKind::structure);
    for (std::size_t i = random_.below(4); i > 0; --i) {
      e.args.push_back(of(ExpressionKind::string, random_.text()));
      e.args.push_back(expression(depth - 1));
    }
    return e;
  }

  Expression expression(std::size_t depth) {
    if (depth == 0) return leaf();
    switch (random_.below(8)) {
      case 0:
        return structure(depth);
      case 1:
        return with_args(of(ExpressionKind::list), random_.below(4), depth);
      case 2:
        return with_args(of(ExpressionKind::bag), random_.below(4), depth);
      case 3: {
        constexpr const char* kNames[] = {"size", "begins_with", "set_add", "exists", "foo"};
        return with_args(of(ExpressionKind::call, kNames[random_.below(std::size(kNames))]),
                         random_.below(4), depth);
      }
      case 4:
        return leaf();
      default:
        return operation(depth);
    }
  }

  Expression operation(std::size_t depth) {
    Expression e = of(ExpressionKind::operation);
    e.op = static_cast<Operator>(random_.below(static_cast<std::size_t>(Operator::positive) + 1));
    switch (e.op) {
      case Operator::and_:
      case Operator::or_:
        return with_args(std::move(e), 2 + random_.below(3), depth);
      case Operator::not_:
        return with_args(std::move(e), 1, depth);
      case Operator::is:
        e.text = random_.coin() ? "MISSING" : "NULL";
        return with_args(std::move(e), 1, depth);
      case Operator::negate:
      case Operator::positive:
        // Before a number the sign would be the number's.
        e.args.push_back(path());
        return e;
      case Operator::between:
        return with_args(std::move(e), 3, depth);
      case Operator::in:  // parentheses after it would be a list's
        e.args.push_back(expression(depth - 1));
        e.args.push_back(with_args(of(ExpressionKind::list), random_.below(4), depth));
        return e;
      default:
        return with_args(std::move(e), 2, depth);
    }
  }

  dynamodb::testing::RandomValues random_;
  std::size_t parameters_ = 0;
};

}  // namespace dynamodb::partiql::testing
