// The words of what AWS refuses, by operation.
//
// DynamoDB: since June 2026 AWS rolls out another validation layer, region by region and operation
// by operation. The old one echoes a member's value, names it in lower camel case and lists all
// problems at once. The new one looks at lengths and ranges first: it names such a member as the
// API does, without its value, and stops there; what is left it lists as the old one does. It also
// puts an envelope around other errors of some operations. One function of this file decides which
// layer an operation speaks: wording_of(). Thread safety: all of it, from any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dynamodb::wire {

// Those whose requests are checked member by member.
enum class Operation : std::uint8_t {
  get_item,
  put_item,
  update_item,
  delete_item,
  query,
  scan,
  batch_get_item,
  batch_write_item,
  transact_get_items,
  transact_write_items,
  execute_statement,
  batch_execute_statement,
  execute_transaction,
  create_table,
  update_table,
  list_tables,
  of_table,  // those that take a TableName alone
  tag_resource,
  untag_resource,
  list_tags_of_resource,
  update_time_to_live,
  update_continuous_backups,
};

// Regions and times at which AWS was recorded.
enum class Cohort : std::uint8_t { us_east_1_may_2026, us_east_1_october_2026 };
// Whose words the process has: those of May unless told otherwise, at its start.
Cohort cohort();
void set_cohort(Cohort cohort);

enum class Wording : std::uint8_t {
  old,
  bare,       // the new layer's
  enveloped,  // as bare, and "1 validation error detected: " before expression and value errors
};
Wording wording_of(Operation operation, Cohort cohort = wire::cohort());

// A member that breaks a rule of the API's model.
struct ConstraintProblem {
  struct Step {
    std::string name{};     // as the API spells it: a member, or a map's key, or "member"
    bool is_member = true;  // a member's first letter depends on the wording
  };
  std::vector<Step> path{};
  std::string value{};  // as echoed: null, or in quotes
  std::string rule{};   // "Member must …"
  bool first = false;   // the new layer reports it alone, before what is not
  // The new layer's rule, said without the member; empty: it has no other words.
  std::string new_rule{};
};

// At most this many are listed.
inline constexpr std::size_t kMaxConstraintProblems = 10;

// REQUIRES: !problems.empty()
std::string constraint_message(Wording wording, const std::vector<ConstraintProblem>& problems);
// An error of an expression or a value, in or out of the envelope.
std::string value_message(Wording wording, std::string message);

}  // namespace dynamodb::wire
