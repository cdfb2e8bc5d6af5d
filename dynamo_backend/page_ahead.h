// PageAhead: the next page of a Query or Scan, asked for while the rows of the one before are
// handed on.
//
// For readers that will need the page for certain: what is asked for is paid for.
// Thread safety: one thread at a time; the page is read on another.
#pragma once
#include <functional>
#include <future>

#include "dynamodb/client.h"

namespace dynamo_backend {

class PageAhead {
 public:
  using Answer = dynamodb::Result<dynamodb::PageResult>;

  // Calls `read` on a thread of its own; its capacity counts for this thread's scopes.
  void start(std::function<Answer()> read);
  bool started() const { return answer_.valid(); }
  // Waits for the answer. REQUIRES: started()
  Answer take() { return answer_.get(); }

 private:
  std::future<Answer> answer_{};  // waits for its thread when it goes
};

}  // namespace dynamo_backend
