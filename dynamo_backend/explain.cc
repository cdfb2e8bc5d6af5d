#include "dynamo_backend/explain.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/plan_text.h"

namespace dynamo_backend {
namespace {

thread_local UsageScope* usage_scope = nullptr;

// ---- numbers

// 12,345; small ones with a decimal: 0.5
std::string number(double n) {
  char text[64];
  if (n >= 10 || std::abs(n - std::round(n)) < 0.05) {
    std::string digits(
        text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.0f", std::round(n))));
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
  }
  std::snprintf(text, sizeof text, "%.1f", n);
  return text;
}

std::string counted(double n, const std::string& what, const std::string& many) {
  return number(n) + " " + (number(n) == "1" ? what : many);
}

std::string units(double n) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", n);
  return text;
}

// Of 1,000 calls of the query.
std::string dollars(double read_units) {
  const Connection* connection = Connection::find_current();
  const base::Prices prices = connection ? connection->options().prices : base::Prices();
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.7f", read_units * prices.read_per_million / 1000);
  std::string text(buffer);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return "$" + text;
}

std::string took(const Estimate& e) {
  return counted(e.calls, "request", "requests") + ", " +
         counted(e.read, "item read", "items read") + ", " +
         counted(e.rows, "row returned", "rows returned") + ", " + units(e.units) + " RCU, " +
         dollars(e.units) + " per 1,000 calls";
}

std::string terms(const std::vector<OrderTerm>& order) {
  std::string text;
  for (const OrderTerm& t : order)
    text += (text.empty() ? "" : ", ") + std::string(t.descending ? "-" : "") +
            std::string(t.field->attribute);
  return text;
}

bool is_always(const Predicate& p) { return p.type == Predicate::Type::always; }

// ---- the text

class Explainer {
 public:
  // Adds the steps of a query, those of its subqueries first. `purpose`: what its rows are for.
  Estimate add(const Query& query, const std::string& purpose) {
    Predicate where = resolve(query, Subqueries::describe);
    if (purpose.empty()) head_ = head(query, where);
    add_subqueries(where);
    const Plan plan = plan_query(query, where);
    const auto statistics = statistics_of(*query.model);
    CostOptions options{.segments = segments(query, plan)};
    if (query.limit) options.wanted = query.offset + *query.limit;
    Estimate expected = estimate(plan, *query.model, *statistics, options);
    total_.calls += expected.calls;
    total_.read += expected.read;
    total_.units += expected.units;
    expected.rows = std::max(0.0, expected.rows - static_cast<double>(query.offset));
    total_.rows = expected.rows;
    add_steps(query, plan, purpose);
    add_scan_note(query, where, plan);
    add_source(*query.model, *statistics);
    return expected;
  }

  const std::string& head() const { return head_; }
  const std::string& steps() const { return steps_; }
  const std::string& sources() const { return sources_; }
  const Estimate& total() const { return total_; }

 private:
  static StatisticsPtr statistics_of(const ModelInfo& model) {
    if (const Connection* connection = Connection::find_current())
      return connection->statistics().get(*connection, model);
    return std::make_shared<const Statistics>(model);
  }

  static unsigned segments(const Query& query, const Plan& plan) {
    const Connection* connection = Connection::find_current();
    const bool parallel =
        connection && plan.access == Plan::Access::scan && !plan.sort_terms.empty();
    return parallel && !query.page_budget ? connection->options().scan_segments : 1;
  }

  void add_subqueries(Predicate& p) {
    for (Predicate& child : p.children) add_subqueries(child);
    if (!p.source) return;
    const Query& query = *p.source;
    const Estimate found = add(query, ", for " + std::string(p.field->attribute));
    p.expected_values =
        std::min(found.rows, statistics_of(*query.model)->distinct(*query.fields.at(0)));
  }

  void step(const std::string& text) {
    steps_ += indent_ + "  " + prefix_ + std::to_string(++step_) + ". " + text + "\n";
  }
  void line(const std::string& text) { steps_ += indent_ + "     " + text + "\n"; }
  void line(const std::string& what, const Predicate& p) {
    if (!is_always(p)) line(what + ": " + describe(p));
  }

  void add_steps(const Query& query, const Plan& plan, const std::string& purpose) {
    step(title(query, plan) + purpose);
    if (plan.access == Plan::Access::merge) return add_branches(query, plan);
    add_details(query, plan);
    if (plan.rows == Plan::Rows::by_batch) {
      step("BatchGetItem on " + query.model->table + ", for the rows behind the entries");
      line("checked here", plan.residual);
    }
    if (!plan.sort_terms.empty() && plan.access != Plan::Access::get_item)
      line((query.limit ? "best " + std::to_string(query.offset + *query.limit) + " kept in memory"
                        : std::string("sorted in memory")) +
           ": " + terms(plan.sort_terms));
  }

  static std::string title(const Query& query, const Plan& plan) {
    const std::string& table = query.model->table;
    const std::string of = (plan.index ? "index " + plan.index->name + " of " : "") + table;
    switch (plan.access) {
      case Plan::Access::nothing:
        return "Nothing to read: no row can meet the condition";
      case Plan::Access::get_item:
        return "GetItem on " + table;
      case Plan::Access::batch_get:
        return "BatchGetItem on " + table +
               (plan.keys.empty() ? "" : ", " + std::to_string(plan.keys.size()) + " keys");
      case Plan::Access::query:
        return (plan.partitions.size() > 1 ? std::to_string(plan.partitions.size()) + " times "
                                           : std::string()) +
               "Query on " + of + (plan.index && plan.index->local ? ", a local index" : "");
      case Plan::Access::scan: {
        const unsigned n = segments(query, plan);
        return "Scan of " + of + (n > 1 ? ", " + std::to_string(n) + " segments at once" : "");
      }
      case Plan::Access::merge:
        break;
    }
    return "Merge of " + std::to_string(plan.branches.size()) + ", each row once, " +
           (plan.sort_terms.empty() ? "one after the other"
                                    : "in order of " + terms(plan.sort_terms));
  }

  void add_branches(const Query& query, const Plan& plan) {
    constexpr std::size_t kShown = 5;
    const auto outside = std::tuple(indent_, prefix_, step_);
    prefix_ += std::to_string(step_) + ".";
    indent_ += "   ";
    step_ = 0;
    for (std::size_t i = 0; i < std::min(plan.branches.size(), kShown); ++i)
      add_steps(query, plan.branches[i], "");
    std::tie(indent_, prefix_, step_) = outside;
    if (plan.branches.size() > kShown)
      line("and " + std::to_string(plan.branches.size() - kShown) + " more like these");
  }

  void add_details(const Query& query, const Plan& plan) {
    line("key condition", plan.key_condition);
    line("filter sent", plan.sent);
    line("entries checked here", plan.entry_residual);
    if (plan.rows == Plan::Rows::by_database) line("rows: fetched along by DynamoDB");
    if (plan.rows == Plan::Rows::whole && plan.index &&
        plan.index->projection != dynamodb::ProjectionType::all)
      line("rows: from the index alone, which holds what is needed");
    if (plan.rows != Plan::Rows::by_batch) line("checked here", plan.residual);
    const bool in_order =
        plan.access == Plan::Access::query && plan.sort_terms.empty() && plan.sort;
    if (in_order && !query.order.empty())
      line("order: of the sort key " + std::string(plan.sort->attribute) +
           (plan.forward ? "" : ", from the end"));
    if (plan.consistent) line("consistently, at twice the price");
  }

  void add_scan_note(const Query& query, const Predicate& where, const Plan& plan) {
    if (!is_unwanted_scan(query, where, plan)) return;
    const Connection* connection = Connection::find_current();
    const ScanPolicy policy = connection ? connection->options().scan_policy : ScanPolicy::warn;
    if (policy == ScanPolicy::forbid)
      line("refused when it is run: scan_policy is forbid, and there is no allow_scan(reason)");
    line(index_advice(query, where));
  }

  void add_source(const ModelInfo& model, const Statistics& statistics) {
    std::string text = "Statistics: " + model.table + ", ";
    const double sampled = static_cast<double>(statistics.sampled());
    if (statistics.assumed())
      text += "a million rows of 1 KB assumed, since there is no table to look at";
    else
      text +=
          counted(statistics.rows(), "row", "rows") +
          (sampled < statistics.rows() ? ", a sample of " + number(sampled) : ", all looked at");
    text += "\n";
    if (sources_.find(text) == std::string::npos) sources_ += text;
  }

  static std::string head(const Query& query, const Predicate& where) {
    std::string text = query.model->name + " where " + describe(where);
    if (!query.order.empty()) text += ", in order of " + terms(query.order);
    if (query.offset != 0) text += ", from row " + std::to_string(query.offset);
    if (query.limit) text += ", at most " + std::to_string(*query.limit);
    return text + "\n";
  }

  std::string head_{}, steps_{}, sources_{};
  std::string indent_{}, prefix_{};  // of steps inside a merge
  Estimate total_{};
  int step_ = 0;
};

std::string run(const Query& query) {
  const auto start = std::chrono::steady_clock::now();
  const UsageScope scope;
  double rows = 0;
  RowStream stream(query, /*whole=*/true);
  while (stream.next()) ++rows;
  Estimate actual = scope.usage();
  actual.rows = rows;
  const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", time.count());
  return "Taken: " + took(actual) + "; " + text + " ms\n";
}

}  // namespace

UsageScope::UsageScope() : outer_(usage_scope) { usage_scope = this; }
UsageScope::~UsageScope() { usage_scope = outer_; }

void UsageScope::note(double calls, double read, double read_units) {
  for (UsageScope* scope = usage_scope; scope; scope = scope->outer_) {
    scope->usage_.calls += calls;
    scope->usage_.read += read;
    scope->usage_.units += read_units;
  }
}

Estimate estimate_query(const Query& query) {
  Explainer explainer;
  (void)explainer.add(query, "");
  return explainer.total();
}

std::string explain_query(const Query& query, Explain how) {
  Explainer explainer;
  (void)explainer.add(query, "");
  std::string text =
      explainer.head() + explainer.steps() + "Expected: " + took(explainer.total()) + "\n";
  if (how == Explain::analyze) text += run(query);
  return text + explainer.sources();
}

std::uint64_t estimate_count(const Query& query) {
  Query all = query;
  all.order.clear();
  all.fields = {query.model->partition};
  double rows = 0;
  if (!all.where) {
    const Connection& connection = Connection::current();
    const std::string table = connection.table(query.model->table);
    rows = static_cast<double>(
        take(connection.client().describe_table(table), "DescribeTable").item_count);
    rows = std::max(0.0, rows - static_cast<double>(query.offset));
    if (query.limit) rows = std::min(rows, static_cast<double>(*query.limit));
  } else {
    rows = estimate_query(all).rows;
  }
  return static_cast<std::uint64_t>(std::llround(rows));
}

}  // namespace dynamo_backend
