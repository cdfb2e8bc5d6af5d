#include "dynamodb/partiql/parser.h"

#include "dynamodb/partiql/parsing.h"

namespace dynamodb::partiql {
namespace {

constexpr char kAliasing[] = "Aliasing is not supported";

class StatementParser {
 public:
  explicit StatementParser(TokenReader& tokens) : tokens_(tokens) {}

  Statement statement() {
    Statement statement;
    if (tokens_.accept_keyword("select")) {
      statement.body = select();
    } else if (tokens_.accept_keyword("insert")) {
      statement.body = insert();
    } else if (tokens_.accept_keyword("update")) {
      statement.body = update();
    } else if (tokens_.accept_keyword("from")) {
      statement.body = update_from();
    } else if (tokens_.accept_keyword("delete")) {
      statement.body = remove();
    } else if (tokens_.is_keyword("exists") && tokens_.is_symbol("(", 1) &&
               tokens_.is_keyword("select", 2)) {
      statement.body = exists();
    } else {
      unsupported();
    }
    tokens_.accept(";");
    if (!tokens_.at_end()) tokens_.syntax_error("Unexpected token after expression");
    statement.parameters = tokens_.parameters();
    return statement;
  }

 private:
  // ---- SELECT

  Select select() {
    Select select;
    if (tokens_.is_keyword("distinct")) tokens_.fail("Unsupported token in expression: DISTINCT");
    if (tokens_.is_keyword("value") || tokens_.is_keyword("pivot")) {
      tokens_.fail("Select projection doesn't support value or pivot keywords");
    }
    if (tokens_.accept("*")) {
      if (tokens_.is_symbol(",")) star_with_others();
    } else {
      columns(select);
    }
    tokens_.expect_keyword("from", "Expected FROM after select list");
    select.from = from_source();
    if (tokens_.accept_keyword("where")) select.where = parse_expression(tokens_);
    group_clauses();
    if (tokens_.accept_keyword("order")) order_by(select);
    for (const std::string_view clause : {"having", "limit"}) unsupported_clause(clause);
    return select;
  }

  void columns(Select& select) {
    if (tokens_.is_keyword("from")) tokens_.syntax_error("Cannot have empty SELECT list");
    do {
      if (tokens_.is_symbol("*")) {
        star_with_others();
        return;
      }
      select.columns.push_back(column());
      refuse_alias();
    } while (tokens_.accept(","));
  }

  // Only paths can be selected, but which part is not one is told by its place.
  Expression column() {
    Expression column = parse_expression(tokens_);
    if (column.kind != ExpressionKind::path && !tokens_.error()) {
      tokens_.fail_at("Unexpected path component", column.place);
    }
    return column;
  }

  void star_with_others() {
    tokens_.syntax_error(
        "Other expressions may not be present in the select list when '*' is used without dot "
        "notation.");
  }

  void group_clauses() {
    if (tokens_.is_keyword("group")) tokens_.fail("Unsupported clause: GROUP BY");
    unsupported_clause("having");
  }

  void unsupported_clause(std::string_view clause) {
    if (!tokens_.accept_keyword(clause)) return;
    const Expression asked = parse_expression(tokens_);
    tokens_.fail_at(clause == "limit" ? "Unsupported clause: LIMIT" : "Unsupported clause: HAVING",
                    asked.place);
  }

  void order_by(Select& select) {
    tokens_.expect_keyword("by", "Expected BY after ORDER");
    do {
      const Expression key = parse_expression(tokens_);
      if (tokens_.error()) return;
      if (key.kind != ExpressionKind::path || key.steps.size() != 1) {
        tokens_.fail("Argument to ORDER BY must be of type VariableReference. Type: " +
                     (key.kind == ExpressionKind::path ? "PATH" : key.text));
        return;
      }
      const bool descending = tokens_.accept_keyword("desc");
      if (!descending) tokens_.accept_keyword("asc");
      select.order_by.push_back({std::get<std::string>(key.steps.front()), descending});
    } while (tokens_.accept(","));
  }

  Source from_source() {
    if (tokens_.at_end() || tokens_.is_symbol(";")) tokens_.syntax_error("Unexpected term");
    const Expression path = parse_expression(tokens_);
    if (!tokens_.error() && path.kind != ExpressionKind::path)
      tokens_.fail("Unexpected from source");
    refuse_alias();
    if (tokens_.is_symbol(",") || tokens_.is_keyword("join") || tokens_.is_keyword("inner") ||
        tokens_.is_keyword("left") || tokens_.is_keyword("right") || tokens_.is_keyword("cross") ||
        tokens_.is_keyword("full") || tokens_.is_keyword("outer")) {
      tokens_.fail("Only select from a single table or index is supported.");
    }
    return source_of(path);
  }

  Source source_of(const Expression& path) {
    if (tokens_.error()) return {};
    for (const Path::Step& step : path.steps) {
      const auto* name = std::get_if<std::string>(&step);
      if (name == nullptr) {
        tokens_.fail("Invalid list expression in source.");
      } else if (name->empty()) {
        tokens_.fail("Path component cannot be an empty string");
      }
    }
    if (path.steps.size() > 2)
      tokens_.fail("A path may contain at most 2 components in the FROM clause");
    if (tokens_.error()) return {};
    Source source{.table = std::get<std::string>(path.steps.front())};
    if (path.steps.size() == 2) source.index = std::get<std::string>(path.steps.back());
    return source;
  }

  void refuse_alias() {
    if (tokens_.is_keyword("as") || tokens_.is_identifier()) tokens_.fail(kAliasing);
  }

  // ---- writes

  Source written_table() {
    const Expression path = parse_path(tokens_);
    return source_of(path);
  }

  Insert insert() {
    Insert insert;
    tokens_.expect_keyword("into", "Expected INTO after INSERT");
    insert.into = written_table();
    if (!tokens_.error() && !insert.into.index.empty()) {
      tokens_.fail(
          "FROM clause may only contain a single table name in data manipulation statements");
    }
    if (tokens_.is_keyword("values") || tokens_.is_symbol("<<") || tokens_.is_symbol("{")) {
      tokens_.fail("Unsupported operation: InsertOp");
    }
    tokens_.expect_keyword("value", "Unexpected token after expression");
    insert.value = parse_expression(tokens_);
    if (tokens_.is_keyword("at")) tokens_.fail("AT is not supported in insert statements.");
    if (tokens_.is_keyword("returning")) tokens_.fail("RETURNING is not supported in INSERT");
    return insert;
  }

  Update update() {
    Update update;
    update.table = written_table();
    refuse_alias();
    actions(update);
    if (tokens_.accept_keyword("where")) update.where = parse_expression(tokens_);
    update.returning = returning();
    return update;
  }

  // FROM t WHERE … SET …: an UPDATE in another order.
  Update update_from() {
    Update update;
    update.table = written_table();
    refuse_alias();
    if (tokens_.accept_keyword("where")) update.where = parse_expression(tokens_);
    actions(update);
    update.returning = returning();
    return update;
  }

  void actions(Update& update) {
    for (;;) {
      if (tokens_.accept_keyword("set")) {
        do {
          set_action(update);
        } while (tokens_.accept(","));
      } else if (tokens_.accept_keyword("remove")) {
        update.actions.push_back({parse_path(tokens_), std::nullopt});
      } else {
        break;
      }
    }
    if (update.actions.empty()) tokens_.syntax_error("Expected data manipulation");
  }

  void set_action(Update& update) {
    Update::Action action{.target = parse_path(tokens_)};
    tokens_.expect("=", "Expected '=' for assignment");
    action.value = parse_expression(tokens_);
    update.actions.push_back(std::move(action));
  }

  Delete remove() {
    Delete del;
    tokens_.expect_keyword("from", "Expected FROM after DELETE");
    del.from = written_table();
    refuse_alias();
    if (tokens_.accept_keyword("where")) del.where = parse_expression(tokens_);
    del.returning = returning();
    if (del.returning && (del.returning->modified || !del.returning->old)) {
      tokens_.fail(std::string("Invalid returning clause: RETURNING ") +
                   (del.returning->modified ? "MODIFIED " : "ALL ") +
                   (del.returning->old ? "OLD" : "NEW") +
                   " *. Only RETURNING ALL OLD * is allowed in DELETE statements.");
    }
    return del;
  }

  std::optional<Returning> returning() {
    if (!tokens_.accept_keyword("returning")) return std::nullopt;
    Returning returning;
    returning.modified = tokens_.accept_keyword("modified");
    if (!returning.modified) tokens_.expect_keyword("all", "Expected ALL or MODIFIED");
    returning.old = tokens_.accept_keyword("old");
    if (!returning.old) tokens_.expect_keyword("new", "Expected OLD or NEW");
    if (tokens_.at_end()) tokens_.syntax_error("Unexpected term");
    if (!tokens_.accept("*")) {
      tokens_.fail("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
    }
    if (tokens_.is_symbol(",")) {
      tokens_.fail("Invalid syntax with multiple returning elements in RETURNING clause");
    }
    return tokens_.error() ? std::nullopt : std::optional(returning);
  }

  // ---- others

  Exists exists() {
    for (int i = 0; i < 3; ++i) tokens_.next();  // EXISTS ( SELECT
    Exists exists{select()};
    tokens_.expect(")", "Expected ) after expression");
    return exists;
  }

  // What PartiQL has and DynamoDB has not is named by its operation.
  void unsupported() {
    const Token token = tokens_.peek();
    for (const std::string_view verb : {"create", "drop"}) {
      if (!tokens_.accept_keyword(verb)) continue;
      const std::string operation = verb == "create" ? "Create" : "Drop";
      if (tokens_.is_keyword("table") || tokens_.is_keyword("index")) {
        tokens_.fail("Unsupported operation: " + operation +
                     (tokens_.is_keyword("table") ? "Table" : "Index"));
      }
      tokens_.syntax_error("Unexpected keyword");
      return;
    }
    if (tokens_.is_identifier() && tokens_.is_symbol("*", 1) && tokens_.is_keyword("from", 2)) {
      // SLECT * FROM t: a product, of which the right side is an UPDATE that begins with FROM.
      tokens_.syntax_error("Expected data manipulation");
      return;
    }
    const Expression expression = parse_expression(tokens_);
    tokens_.accept(";");
    if (tokens_.error() || !tokens_.at_end()) return;
    tokens_.fail(refusal(expression));
  }

  static std::string refusal(const Expression& expression) {
    const std::string opening = "Unsupported operation: ";
    switch (expression.kind) {
      case ExpressionKind::path:
        return opening + (expression.steps.size() == 1 ? "VariableReference" : "Path");
      case ExpressionKind::call:
        break;
      case ExpressionKind::operation:
        if (expression.op == Operator::is) return opening + "IsType";
        break;
      case ExpressionKind::parameter:
        return opening + "Parameter";
      default:
        return opening + "Literal";
    }
    return "EXISTS can only be used in ExecuteTransaction write requests.";
  }

  TokenReader& tokens_;
};

}  // namespace

Result<Statement> parse_statement(std::string_view text) {
  if (text.empty() || text.size() > kMaxStatementSize) {
    return validation_error(
        "1 validation error detected: Value '" + std::string(text) +
        "' at 'statement' failed to satisfy constraint: Member must have length " +
        (text.empty() ? "greater than or equal to 1" : "less than or equal to 8192"));
  }
  auto words = tokenize(text);
  if (!words) return validation_error(std::string(kNotWellFormed));
  TokenReader tokens(std::move(*words));
  Statement statement = StatementParser(tokens).statement();
  if (tokens.error()) return validation_error(*tokens.error());
  return statement;
}

}  // namespace dynamodb::partiql
