// RequestScope: what a request asks of the database, looked at as a whole, on its thread.
//
//   dynamo_backend::RequestScope scope;      // the web layer's middleware opens one per request
//   for (const Post& p : Post::objects.limit(50)) use(p.author_pk->username);   // ONE BatchGetItem
//
// While it lives, on the thread that made it:
// - A row that was looked up by its key (`get(pk)`, a Ref, a condition on the key alone) is not
// read
//   again: the first answer holds, until this thread writes the row. What others write meanwhile is
//   not seen; refresh(), `.consistent()`, save(), update() and remove() always look at the table,
//   and what these find is the answer from then on.
// - The rows behind the foreign keys of a result come together: the first Ref::get() reads those of
//   all its rows (up to 100 a batch), so that a loop over Refs is no N+1.
// - What is asked `threshold` times in one form is an N+1: logged once as a warning when the scope
//   ends, with the line that mends it.
// Scopes nest; the innermost counts. Without one nothing is kept, and each Ref costs a GetItem.
// Thread safety: used by the thread that made it; other threads that it starts ask as without one.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

struct Query;

struct RequestScopeOptions {
  std::size_t threshold = 10;    // calls of one form that are an N+1
  std::size_t most_rows = 2000;  // that are kept; more are read again
  bool log_warnings = true;
};

class RequestScope {
 public:
  explicit RequestScope(RequestScopeOptions options = {});
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  // This thread's innermost scope; nullptr: none.
  static RequestScope* current();
  RequestScope* outer() const { return outer_; }  // the scope around this one

  // The calls that went to the database, in order of the first of each kind.
  struct Call {
    std::string operation{}, table{}, index{};
    std::size_t count = 0;
    std::chrono::nanoseconds time{};  // of reads; a write's end is not waited for here
  };
  const std::vector<Call>& calls() const;
  std::size_t coalesced() const;              // look-ups that were answered without a call
  std::vector<std::string> warnings() const;  // a sentence for each N+1 so far

  // While one lives, this thread's queries are not taken for an N+1: for code that asks row by row
  // on purpose.
  class Quiet {
   public:
    Quiet();
    ~Quiet();
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
  };
  // While one lives, this thread's look-ups read the table.
  class Fresh {
   public:
    Fresh();
    ~Fresh();
    Fresh(const Fresh&) = delete;
    Fresh& operator=(const Fresh&) = delete;
  };

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
  RequestScope* outer_;
};

// ---- what the module tells the scope of this thread; nothing, where there is none
void note_query(const Query& query);
// Before a fresh read of rows together.
void forget_rows(const std::string& table, std::span<const dynamodb::Item> keys);
void note_references(const ModelInfo& model, std::span<void* const> rows);
// Before a look-up by key: reads the rows that its result refers to together, or counts it.
void note_look_up(const ModelInfo& model, const std::string& table, const dynamodb::Item& key);

}  // namespace dynamo_backend
