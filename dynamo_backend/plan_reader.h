// PlanReader: the rows of a query in the plan's order, page by page; under RowStream, pages with
// cursors, and counts.
// Thread safety: one thread at a time.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/page_sizes.h"
#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/row_order.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {

// Where to go on: the attributes of the last row handed out that any access needs: keys, index
// keys, order.
using Position = dynamodb::Item;

struct ReadOptions {
  std::size_t offset = 0;
  std::optional<std::size_t> limit{};
  std::optional<std::size_t> likely{};  // without a limit: as many will do, in most cases
  std::optional<Position> after{};      // only rows behind this one
  bool backwards = false;          // against the order of a plan without sort terms; not for a Scan
  std::optional<double> budget{};  // read units after which no more is read, once a page has been
  bool whole = false;              // all rows will be asked for: pages as long as may be
  bool any_order = false;          // and in whatever order: a Scan may be parallel
  bool merged = false;             // with others, by the whole of the order
};

class PlanMerge;
class ScanPages;

class PlanReader {
 public:
  PlanReader(const Connection& connection, const ModelInfo& model, Plan&& plan,
             ReadOptions options);
  ~PlanReader();
  // The next row, packed; valid until the next call.
  std::optional<std::string_view> next();
  // The row that next() gave, as it stands in the order that is read: with its index entry's keys,
  // where another has moved it between the reading of the entry and of the row.
  std::string place() const;
  // How many rows, or at most how many, next() gives without a call; those of a merge are not
  // known.
  std::size_t at_hand() const;
  // The page that the row is in, if no condition drops rows of it: they may share it. Null: copy.
  StoredItem::Page page() const;
  // How many rows are left, without handing them on: by COUNT where DynamoDB can check all
  // conditions.
  std::size_t count();
  // Where reading stopped because the budget was used up; nullopt: it did not.
  const std::optional<Position>& stopped_at() const { return stopped_at_; }
  // Reads on from there, with the whole budget once more.
  void renew_budget();

 private:
  // ---- rows: plan_reader.cc
  std::optional<std::string_view> next_row();       // offset and limit not applied
  std::optional<std::string_view> next_matching();  // conditions applied, in the order read
  void sort_rows();
  void resume();
  Position beginning_of(const Value& partition) const;
  void resume_partition();
  dynamodb::Item resume_key() const;

  // ---- pages: plan_pages.cc
  bool read_page();  // false at the end
  bool read_source();
  bool read_keys();
  bool read_batch();
  bool read_query();
  bool read_scan();
  bool read_parallel_scan();
  bool read_rows_behind();
  struct Entries {
    std::vector<dynamodb::Item> keys{};  // of their rows
    std::vector<std::size_t> at{};       // in entries_
  };
  Entries next_entries();
  std::size_t rows_to_fetch() const;
  // Returns which of the keys have rows.
  std::vector<std::size_t> fetch_in_order(const std::vector<dynamodb::Item>& keys, bool consistent);
  std::optional<std::uint32_t> page_limit();
  void take_page(dynamodb::PageResult page);
  void note(double read, double units);
  dynamodb::Projection projection() const;
  dynamodb::Select select() const;
  dynamodb::ScanRequest scan_request() const;
  bool out_of_budget();
  bool may_stop();

  const Connection& connection_;
  const ModelInfo& model_;
  Plan plan_;
  ReadOptions options_;
  std::string table_;

  std::shared_ptr<dynamodb::ItemList> page_ = std::make_shared<dynamodb::ItemList>();
  std::size_t at_ = 0;                 // in page_
  dynamodb::ItemList entries_{};       // whose rows are to be fetched
  std::vector<std::size_t> behind_{};  // of the rows of page_ that were fetched: in entries_
  std::size_t entry_ = 0;              // in entries_
  std::size_t part_ = 0;               // partition or key to read next
  dynamodb::Item start_key_{};
  bool end_ = false;
  bool counting_ = false;
  std::size_t counted_ = 0;
  PageSizes sizes_{};

  double consumed_ = 0;  // read units
  std::optional<Position> stopped_at_{};
  std::unique_ptr<PlanMerge> merge_;
  std::unique_ptr<ScanPages> pages_;

  bool sorted_ = false;
  std::vector<SortRow> rows_{};
  std::size_t row_ = 0;
  std::string_view given_{};  // by next()
  std::size_t handed_out_ = 0;
};

// Reads rows by key in batches of 100, strongly consistent unless told otherwise; what DynamoDB
// leaves undone is asked for again, with pauses and an end.
struct BatchRead {
  std::vector<dynamodb::ItemList> pages{};
  double consumed = 0;  // read units
};
BatchRead batch_get(const Connection& connection, const std::string& table,
                    std::vector<dynamodb::Item> keys, dynamodb::Projection projection = {},
                    bool consistent = true);

// The position of a row for every access of the plan.
Position position_of(const ModelInfo& model, const Plan& plan, dynamodb::ItemView row);

// Whether the plan is a Scan that the query neither allows nor means.
bool is_unwanted_scan(const Query& query, const Predicate& where, const Plan& plan);
// Throws ScanForbidden, or warns once, as the connection's policy says.
void check_scan(const Connection& connection, const Query& query, const Predicate& where,
                const Plan& plan);

}  // namespace dynamo_backend
