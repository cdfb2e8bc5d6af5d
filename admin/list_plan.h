// How a changelist's rows are read: which query serves its conditions and its order, and what it
// costs where none does.
//
// An order is served by an index over the conditions' key, or by a listing: an index whose hash key
// is one value for every row (a ComputedIndex whose function reads nothing). Where neither is
// there, a small table is read and sorted; a large one is not. Alternatives (`or`) whose rows are
// in no common order are all read for each page, so that none is shown twice.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/query.h"

namespace admin {

using dynamo_backend::ModelInfo;
using dynamo_backend::NodePtr;
using dynamo_backend::OrderTerm;
using dynamo_backend::Query;

// What DescribeTable says of a table; kept for five minutes. DynamoDB: renewed every six hours.
struct TableFacts {
  double rows = 0, bytes = 0;
  double units() const { return bytes / 4096 / 2; }  // of reading all of it
};
TableFacts table_facts(const ModelInfo& model);

struct ListPlan {
  enum class Kind : std::uint8_t {
    served,    // an index gives the rows in order
    filtered,  // rows are read in order, and those that do not fit are dropped
    sorted,    // all that may fit is read, and sorted here
    scanned,   // the whole table is read, page by page, for what fits
  };
  Kind kind = Kind::served;
  Query query{};
  double units = 0;             // read units of everything that may have to be read
  std::string order_refused{};  // why the order is not given, and what would; empty: it is
  std::string advice{};         // of conditions that are not served: why, and what would serve
  std::string migration{};  // the operations that add what would serve, as in a migration's file
};
// `limit_units`: more is not read for an order; where the table has more, a sample of its rows is
// read for the price of alternatives.
ListPlan plan_list(const ModelInfo& model, const NodePtr& where,
                   const std::vector<OrderTerm>& order, double limit_units);

}  // namespace admin
